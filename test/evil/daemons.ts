/** Every way we know to outlive the command that one was started by; each sleeps for this number of seconds. */
export const daemons = (seconds: string): string =>
  [
    `setsid sleep ${seconds} >/dev/null 2>&1 &`,
    `nohup sleep ${seconds} >/dev/null 2>&1 & disown`,
    `env -i setsid /bin/sleep ${seconds} >/dev/null 2>&1 &`,
    `(setsid sh -c '(sleep ${seconds} &) & trap "" TERM HUP INT; sleep ${seconds}' >/dev/null 2>&1 &)`,
    `perl -e 'exit if fork; require POSIX; POSIX::setsid(); exit if fork; exec "sleep", "${seconds}"' >/dev/null 2>&1`,
  ].join('\n');
