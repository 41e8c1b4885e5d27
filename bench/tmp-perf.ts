import { Machine } from "@hookline/engine/ip/machine";
import type { Netns } from "@hookline/engine/ip/netns";
import { Veth } from "@hookline/engine/device/veth";
import { Bridge } from "@hookline/engine/device/bridge";
import { Vxlan } from "@hookline/engine/device/vxlan";
import { FDB_STATIC } from "@hookline/engine/device/fdb";
import { runIptables } from "@hookline/linux/iptables/run";
import { Source } from "./throughput/source.ts";
import { PATHS } from "./throughput/labs.ts";
const which = process.argv[2] ?? "bridge", frame = Number(process.argv[3] ?? 64), flows = Number(process.argv[4] ?? 1000), N = Number(process.argv[5] ?? 2e6);
const m = new Machine({vector:Number(process.env.VEC??256)});
const ip=(t:string)=>t.split(".").reduce((a,p)=>(a<<8)|Number(p),0);
const mac=(t:string):[number,number]=>{const b=t.split(":").map(h=>parseInt(h,16));return [(b[0]<<8)|b[1],(b[2]<<24)|(b[3]<<16)|(b[4]<<8)|b[5]]};
const addr=(ns:Netns,dev:any,cidr:string)=>{const [a,l]=cidr.split("/");const e=ns.inet.addAddress(dev,{local:ip(a),peer:ip(a),prefixLen:Number(l),broadcast:0,scope:0,label:dev.name,noPrefixRoute:false,metric:0}); if(e) throw new Error("addr "+e)};
const pair=(n1:Netns,d1:string,m1:string,n2:Netns,d2:string,m2:string)=>{const [x,y]=Veth.pair(m.core,d1,...mac(m1),d2,...mac(m2));n1.attach(x);n2.attach(y);x.setUp(true);y.setUp(true);return [x,y] as const};
const bridge=(ns:Netns,name:string,mc:string,a:string)=>{const b=new Bridge(m.core,name,...mac(mc));ns.attach(b);b.setMac(...mac(mc));b.setUp(true);if(a)addr(ns,b,a);return b};
const perm=(ns:Netns,a:string,dev:any,mc:string)=>{const e=ns.neigh.findOrCreate(ip(a),dev.id);ns.neigh.setByAdmin(e,...mac(mc),0x80)};
const cont=(h:Netns,br:Bridge,n:string,mc:string,pm:string)=>{const c=m.addNetns(n);const [p,e]=pair(h,"v"+n,pm,c,"eth0",mc);const port=br.addPort(p);return {c,e,port}};
const ipt=(ns:Netns,t:string)=>{const s=runIptables(t.split(" "),ns.xtables as any,{out:(x:string)=>console.log(x),err:(x:string)=>console.log(x)} as any); if(s!==0) throw new Error(t)};
const path=PATHS.find(p=>p.name===which)!;
let src:any,dst:any;
if(which==="bridge"){
 const h1=m.addNetns("h1");const br=bridge(h1,"docker0","02:42:00:00:00:01","172.17.0.1/16");
 const c1=cont(h1,br,"c1","02:42:ac:11:00:02","02:00:00:00:03:01");const c2=cont(h1,br,"c2","02:42:ac:11:00:03","02:00:00:00:03:02");
 br.fdb.set(...mac("02:42:ac:11:00:03"),c2.port.number,FDB_STATIC);src=c1.e;dst=c2.e;
} else {
 const h1=m.addNetns("h1"),h2=m.addNetns("h2");
 const [e1,e2]=pair(h1,"eth0","02:00:00:00:01:01",h2,"eth0","02:00:00:00:01:02");
 addr(h1,e1,"192.168.205.10/24");addr(h2,e2,"192.168.205.11/24");perm(h1,"192.168.205.11",e1,"02:00:00:00:01:02");perm(h2,"192.168.205.10",e2,"02:00:00:00:01:01");
 for(const h of [h1,h2]){h.confAll.forwarding=1;h.confDefault.forwarding=1;for(const d of h.allInDevices())d.conf.forwarding=1;h.conf.nf_conntrack_max=1e6}
 if(which==="nat"){
  const b1=bridge(h1,"docker0","02:42:00:00:00:01","172.17.0.1/16"),b2=bridge(h2,"docker0","02:42:00:00:00:02","172.18.0.1/16");
  const c1=cont(h1,b1,"c1","02:42:ac:11:00:02","02:00:00:00:03:01"),d1=cont(h2,b2,"d1","02:42:ac:12:00:02","02:00:00:00:03:03");
  perm(h2,"172.18.0.2",b2,"02:42:ac:12:00:02");b2.fdb.set(...mac("02:42:ac:12:00:02"),d1.port.number,FDB_STATIC);
  ipt(h1,"-t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE");
  for(const h of [h1,h2])for(let i=1;i<10;i++)ipt(h,`-A FORWARD -s 10.77.${i}.0/24 -p udp --dport ${7000+i} -j DROP`);
  ipt(h1,"-A FORWARD -i docker0 ! -o docker0 -j ACCEPT");
  ipt(h2,"-t nat -N DOCKER");ipt(h2,"-t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER");
  ipt(h2,"-t nat -A DOCKER ! -i docker0 -p udp --dport 5000:5001 -j DNAT --to-destination 172.18.0.2");
  ipt(h2,"-A FORWARD -d 172.18.0.2 ! -i docker0 -o docker0 -p udp --dport 5000:5001 -j ACCEPT");
  src=c1.e;dst=d1.e;
 } else {
  const b1=bridge(h1,"br-ov","02:00:00:00:0a:01",""),b2=bridge(h2,"br-ov","02:00:00:00:0a:02","");
  const vx=(h:Netns,mc:string,l:string,low:any)=>{const v=new Vxlan(m.core,"vx0",...mac(mc),{vni:4097,port:4789,local:ip(l),lower:low,learning:false});h.attach(v);v.setUp(true);return v};
  const v1=vx(h1,"02:00:00:00:09:01","192.168.205.10",e1),v2=vx(h2,"02:00:00:00:09:02","192.168.205.11",e2);
  const p1=b1.addPort(v1);b2.addPort(v2);
  const o1=cont(h1,b1,"o1","02:42:0a:00:00:02","02:00:00:00:03:01"),o2=cont(h2,b2,"o2","02:42:0a:00:00:03","02:00:00:00:03:02");
  v1.fdb.create(...mac("02:42:0a:00:00:03"),0x80,2)!.remotes.push({addr:ip("192.168.205.11"),port:0,vni:-1,dev:-1});
  b1.fdb.set(...mac("02:42:0a:00:00:03"),p1.number,FDB_STATIC);b2.fdb.set(...mac("02:42:0a:00:00:03"),o2.port.number,FDB_STATIC);
  src=o1.e;dst=o2.e;
 }
}
dst.absorb=true;
const s=new Source(src,path,Math.min(frame,path.maxFrame),flows);
const run=(n:number)=>{for(let i=0;i<n;i+=256){s.burst(256);m.core.settle()}};
const pool=m.core.pool;
run(Math.max(512,flows)); console.log("delivered",pool.deliveredTotal,"dropped",[...pool.dropped].map((x,i)=>x?i+":"+x:"").filter(Boolean).join(" "));
run(500000);
for(let k=0;k<3;k++){const t=process.cpuUsage();const b=pool.deliveredTotal;run(N);const u=process.cpuUsage(t);console.log(which,frame,flows,((u.user+u.system)*1000/N).toFixed(0),"ns", pool.deliveredTotal-b)}
