// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the strings are shell, not templates
import { spawnSync } from "node:child_process";
import { mkdtempSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Outcome, runStub } from "./host-stub.ts";

function shellIsDash(): boolean {
	try {
		return readlinkSync("/bin/sh").endsWith("dash");
	} catch {
		return false;
	}
}

const dash = shellIsDash();
if (!dash) console.warn("SKIPPED: /bin/sh is not dash, so nothing is compared with it");

function runDash(text: string): Outcome {
	const cwd = mkdtempSync(join(tmpdir(), "shell-test-"));
	try {
		const env = { PATH: process.env["PATH"], HOME: "/root", LC_ALL: "C" };
		const { stdout, stderr, status } = spawnSync("/bin/sh", ["-c", text], {
			cwd,
			env,
			input: "",
			encoding: "latin1",
			argv0: "sh",
		});
		return { out: stdout, err: stderr, status: status ?? -1 };
	} finally {
		rmSync(cwd, { recursive: true });
	}
}

/** Each runs in both shells; the list is of things that are easily got wrong. */
const SCRIPTS = [
	"echo a > /x/y; echo $?",
	"echo abc > /dev/full; echo $?",
	": > /x/y; echo no",
	"> /x/y; echo $?",
	"cat < /nosuch; echo $?",
	"echo 1 2>&1 >/dev/null 2>/x/y; echo $?",
	"echo a >f; echo b >>f; cat <f; echo c >f; cat f; >f; cat f",
	'A="a b"; export B=$A; echo "$B"; echo $B',
	'A="a  b"; echo $A; echo "$A"; echo x$A"y"; B=$A; echo "$B"',
	"A=; echo $A x \"$A\" ''",
	"set -u; echo $(echo $A; echo hi) x; echo $?; echo $A; echo no",
	"set -u; for x in $Q; do :; done; echo no",
	"set -u; echo ${A:-b} ${A-c}; A=; echo ${A:-b} [${A-c}]",
	"set -u; cat <<E\n$A\nE\necho $? still here; set -e; cat <<E\n$A\nE\necho no",
	"false; for x in a b; do for y in $? $?; do echo $y; false; done; done",
	"export 1a=b; echo no",
	"exit 3x; echo no",
	"exit 300",
	"false; exit",
	"echo 'a\\tb\\0101\\101\\e[\\x41\\q\\c' z; echo no; echo -n -n a; echo; echo -e x; echo 'x\\'",
	"echo; echo -n; echo 'a\\c' b; echo '\\\\c\\07\\1x'",
	'printf "%s-%d|%5s|%-5s|%05d|%x %c %b\\n" a 1 b c 7 255 hello "x\\ty" q; printf "%d\\n" 1x; echo $?; printf "%d %d\\n" 010 0x1f',
	`printf "%d\\n" abc "'a"; echo $?; printf "a\\101\\0101 \\x41 %%\\n"; printf -- "x\\n"; printf; echo $?`,
	'printf "%+d % d %.3d %5.1s| %o %X %#x %u\\n" 3 4 5 abc 8 255 255 -1; printf "%s\\n" a b c; printf x a b',
	"[ a = a ] && echo y; [ a != a ] || echo n; [ -n '' ] || echo n; [ -z '' ] && echo z; [ 3 -gt 2 ] && echo gt; test; echo $?",
	"[ a -eq 1 ]; echo $?; [ a b ]; echo $?; [ ! a ]; echo $?; [ ! -z a ]; echo $?; [ a; echo $?; [ a b c ]; echo $?",
	"foo; echo $?",
	'cat <<EOF\na \\\nEOF\nb "q" \\"x \\$A \\\\ `echo hi` $(echo "a b")\nEOF\n',
	"cat <<'EOF'\n$A \\\n`x`\nEOF\ncat <<-E\n\t\ttabbed\n\tE\n",
	"cat <<A; cat <<-B\na\nA\n\tb\n\tB\necho after",
	'cat <<E\n${A:-"q"} ${A:-x y}\nE\n',
	'echo "${A:-"x  y"}" "${A:-\'z\'}" ${A:-a  "b  c" d} ${A:-\'p  q\'} ${A:-${B:-c}} "${A:-a\\}b}"',
	"set -e; A=$(false; echo x) || echo y$A; A=$(false); echo no",
	"set -e; false || true; false && true; echo here; for x in 1 2; do false && true; done; echo there; false; echo no",
	"set -e; for x in 1 2; do echo $x; false; done || echo end; set +e; false; echo on; set -e; nosuch; echo no",
	"set -e; echo $(false) ok; $(false); echo no",
	"echo $(set -u; echo $Z); echo $?; A=$(echo $ZZ >/x/y); echo $?",
	'echo "`echo \\"a  b\\"`" `echo \\\\\\\\a` `echo \\`echo hi\\`` "$(echo "$(echo "a  b")")"',
	"A=1 echo hi $A\nfor x in a $ZZ; do\n echo $x\n echo a >/x/$x\ndone\necho $?",
	"A=b :; echo $A; A=c true; echo $A; A=1 export B=2; echo $A",
	"A=1 B=$A sh -c 'echo $A $B'; A=2; sh -c 'echo [$A]'; export A; sh -c 'echo [$A]'; export A=3; sh -c 'echo [$A]'",
	"sh -eu -c 'echo a; false; echo no'; echo $?; sh -ec 'exit 4'; echo $?; sh -uc 'echo $N'; echo $?",
	"sh -c 'cat; cat' <<E\none\nE\necho x > 'a b'; F='a b'; cat < $F; echo y >> $F; cat 'a b'",
	"for x in a b; do for y in 1 2; do echo $x$y; done; done; echo $x$y; for x in; do echo no; done; echo $?",
	"for x in a b; do echo $x; done > f; cat f; for x in `echo c d`\ndo echo $x; done # comment",
	"for x in do done for; do echo $x; done; echo if then fi '#' a#b # c",
	"echo a \\\n b\\\nc; echo 'a\\\nb'; echo \"a\\\nb\"; A\\\n=1; ec\\\nho $\\\nA",
	"true && echo a || echo b; false && echo a || echo b; false || false && echo c; echo $?",
	"false; A=$?; echo $A $?; false; echo $(echo $?); A=$(exit 3); echo $?; A=$(); echo $?",
	"$(echo echo) hi; $EMPTY echo hi; $EMPTY; echo $?; X='echo  a   b'; $X; \"$X\"; echo $?",
	"A='  a  '; echo x${A}y \"x${A}y\" $A$A; echo $(echo; echo ' a '; echo) z",
	'echo $ $% "$" a$ \'$A\' \\$A "\\$A \\a \\\\ \\`"; echo a\\ b \\\'\\" \'\'x""',
	"echo {} { } a} =b -x=y; echo 1>&2 out; echo x 2>/dev/null; nosuch 2>/dev/null; echo $?; echo 2 >&2",
	"echo a; exit 0; echo no",
	"A=$(echo hi; exit 3; echo no); echo $A $?",
	"#!/bin/sh\n\n  # indented\necho a;\n\n;".slice(0, -1),
	"sleep 0; echo $?; sleep 0.001 0s; echo $?; sleep; echo $?; sleep x; echo $?; sleep -z",
];

describe.skipIf(!dash)("the same as dash", () => {
	test.each(SCRIPTS)("%s", (script) => {
		expect(runStub(script)).toEqual(runDash(script));
	});

	// a fixed seed: the same scripts in every run
	test("random scripts", () => {
		let seed = 20_240_607;
		const random = (n: number): number => {
			seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
			return (seed >>> 8) % n;
		};
		const pick = <T>(...choices: T[]): T => choices[random(choices.length)]!;
		const piece = (depth: number): string => {
			const leaf: string = pick(
				"a",
				"b1",
				"'q  r'",
				'"s  t"',
				"$A",
				'"$A"',
				"${B}",
				'"x$B"',
				"$?",
				"\\ ",
				'""',
				"''",
				"\\n",
				"-n",
				"x#",
				"=",
			);
			if (depth <= 0) return leaf;
			return pick(
				() => leaf,
				() => leaf,
				() => `$(${line(depth - 1)})`,
				() => `"$(${line(depth - 1)})"`,
				() => `\${C:-${word(depth - 1)}}`,
				() => `"\${C:-$A $(${line(depth - 1)})}"`,
				() => '`echo "$A" x`',
			)();
		};
		const word = (depth: number): string => piece(depth) + (random(3) === 0 ? piece(depth) : "");
		const words = (depth: number): string => Array.from({ length: random(4) }, () => word(depth)).join(" ");
		const simple = (depth: number): string =>
			pick(
				() => `echo ${words(depth)}`,
				() => `echo ${words(depth)}`,
				() => `${pick("A", "B", "C")}=${word(depth)}`,
				() => `A=${word(depth)} echo ${words(depth)}`,
				() => pick("true", "false", ":", "set -e", "set +e", "set -u", "export A", "nosuch", "C="),
				() => `echo ${word(depth)} ${pick(">f", ">>f", "2>&1", ">&2", ">/dev/null", ">/x/y")}`,
				() => `cat ${pick("<f", "f", "</dev/null")}`,
				() => `sh -c 'echo "$A" $B; ${pick("false", "exit 3", "echo $C")}'`,
				() => `printf '%s|%d\\n' ${words(depth)}`,
			)();
		const line = (depth: number): string =>
			pick(
				() => simple(depth),
				() => simple(depth),
				() => `${simple(depth)} ${pick("&&", "||")} ${simple(depth)}`,
				() => `${simple(depth)}; ${simple(depth)}`,
			)();
		const statement = (depth: number): string =>
			pick(
				() => line(2),
				() => line(1),
				() => `${line(1)} && ${line(1)} || ${line(1)}`,
				() => `for x in ${words(1)}; do ${depth > 0 ? statement(depth - 1) : line(1)}\necho $x; done`,
				() => `cat <<${pick("E", "-E", "'E'")}\n$A "\${B}" \\$A \\\\ $(${line(1)})\nE\n`,
			)();
		let differing = 0;
		for (let round = 0; round < 300; round++) {
			const script = `>f; A='x  y'; ${Array.from({ length: 1 + random(5) }, () => statement(2)).join("\n")}`;
			const expected = runDash(script);
			let outcome: unknown;
			try {
				outcome = runStub(script);
			} catch (error) {
				outcome = String(error);
			}
			if (JSON.stringify(outcome) !== JSON.stringify(expected)) {
				differing++;
				if (differing <= 5) console.warn("%s\nDASH %j\nHERE %j", script, expected, outcome);
			}
		}
		expect(differing).toBe(0);
	});
});
