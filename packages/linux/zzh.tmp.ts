import { readFileSync, readdirSync, existsSync } from "node:fs";
import { Machine } from "/work/main/packages/engine/src/ip/machine.ts";
import { runIp, checkIp } from "/work/main/packages/linux/src/ip/command.ts";
import { runText, runProgram } from "/work/main/packages/linux/src/shell/interpret.ts";
const mode = process.argv[2];
const names = process.argv.slice(3);
function make() {
  const machine = new Machine({}); machine.root.lo.setUp(true);
  const state = { buf: "" };
  const other = new Set<string>();
  const host = (ns: any): any => ({
    run(argv: any, io: any, where: any) {
      if (argv[0] !== "ip") { other.add(argv[0]); return 0; }
      for (const p of checkIp(argv)) io.err("CHECK " + argv.join(" ") + ": " + p + "\n");
      return runIp(argv, { machine, ns, io, where, invoke: (a: any, n: any, i: any, w: any) => {
        const p = runProgram(a, host(n), i, w); if (p !== undefined) return p;
        if (a[0] !== "ip") return undefined; return host(n).run(a, i, w); } });
    },
    check: () => [], readFile: () => undefined, writeFile: () => undefined, sleep: (n: number) => machine.core.runUntil(machine.core.clock[0] + n),
  });
  return { machine, host, other };
}
if (mode === "labs") {
  for (const n of readdirSync("/work/shared/oracle/cases")) {
    const f = `/work/shared/oracle/cases/${n}/lab.sh`; if (!existsSync(f)) continue;
    const m = make(); let err = "";
    try {
      const st = runText(readFileSync(f, "utf8"), m.host(m.machine.root), { stdin: "", out: () => {}, err: (t: string) => { err += t; } } as any, { errexit: true, nounset: true, where: { file: f, line: 1 } });
      console.log(n, st, [...m.other].join(","), err);
    } catch (e: any) { console.log(n, "THROW", String(e), err); }
  }
} else {
  for (const n of names) {
    const d = `/work/shared/oracle/text/${n}`; const m = make(); const root = m.host(m.machine.root);
    try { runText(readFileSync(d + "/lab.sh", "utf8").replace(/^.*macvlan.*$/m, ""), root, { stdin: "", out: () => {}, err: (t: string) => process.stdout.write("LAB " + t) } as any, { where: { file: "lab", line: 1 } }); } catch (e) { console.log("LAB", String(e)); }
    const lines = readFileSync(d + "/golden.txt", "utf8").split("\n"); if (lines.at(-1) === "") lines.pop();
    let i = 0, bad = 0, ok = 0, skip = 0;
    const esc = (s: string) => s.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("<\\*>", "\\S+").replaceAll("<_>", "[ \\t]+").replaceAll("<\\*\\*>", ".*");
    while (i < lines.length) {
      if (!lines[i]!.startsWith("$ ")) { i++; continue; }
      const cmd = lines[i++]!.slice(2); let want: string[] = [];
      while (i < lines.length && !lines[i]!.startsWith("$ ") && !lines[i]!.startsWith("# ")) want.push(lines[i++]!);
      let out = "", st = 0;
      const before = m.other.size; m.other.clear();
      try { st = runText(cmd, root, { stdin: "", out: (t: string) => { out += t; }, err: (t: string) => { if (!t.startsWith("CHECK")) out += t; else if (process.env.CHECK) console.log(t.trim()); } } as any, { where: { file: "t", line: 1 } }); }
      catch (e: any) { out += "UNSUP " + e.message + "\n"; }
      if (m.other.size) { skip++; continue; }
      if (st) out += `[exit ${st}]\n`;
      let got = out.split("\n"); got.pop();
      if (want[0] === "[any order]") { want.shift(); want.sort(); got.sort(); }
      const same = got.length === want.length && want.every((w, k) => new RegExp("^" + esc(w) + "$").test(got[k]!));
      if (same) ok++; else { bad++; const k = want.findIndex((w, j) => !new RegExp("^" + esc(w) + "$").test(got[j] ?? "\0")); console.log(`--- ${n}: ${cmd}\nWANT ${want[k]}\nGOT  ${got[k < 0 ? want.length : k]}`); }
    }
    console.log(`=== ${n}: ok ${ok} bad ${bad} skipped ${skip}`);
  }
}
