import module from 'node:module'; import {readFileSync} from 'node:fs'; import v8 from 'node:v8';
if (process.env.VF) v8.setFlagsFromString(process.env.VF);
if (process.env.CC!=='0') module.enableCompileCache('/root/.cache/heartline/compiled');
const t=performance.now();
for (const f of ['../src/main.ts','../src/store/open-store.ts','../src/web/control-server.ts','@linear/sdk','octokit']) await import(f);
const ms=performance.now()-t;
const u=process.memoryUsage(); const s=readFileSync('/proc/self/status','utf8'); 
console.log((process.argv[2]??'').padEnd(30),'ms',ms.toFixed(0),'rss',(u.rss/1e6).toFixed(0),'anon',(Number(/RssAnon:\s+(\d+)/.exec(s)[1])/1e3).toFixed(0),'heapTotal',(u.heapTotal/1e6).toFixed(0),'used',(u.heapUsed/1e6).toFixed(0),'ext',(u.external/1e6).toFixed(0), v8.getHeapSpaceStatistics().filter(x=>x.space_size>1e6).map(x=>x.space_name+' '+(x.space_size/1e6).toFixed(0)+'/'+(x.space_used_size/1e6).toFixed(0)).join(', '));
