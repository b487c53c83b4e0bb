/**
 * What every room has to hold, whoever makes its walls: our own tools and looks are small scripts of these. Nothing else
 * names this list by hand: an image that a page calls sufficient must be one that the probe accepts.
 */
export const ROOM_PROGRAMS = ['sh', 'bash', 'git', 'cat', 'find', 'grep', 'head', 'sed', 'tr'] as const;
