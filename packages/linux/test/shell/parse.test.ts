// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the strings are shell, not templates
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkScript } from "../../src/shell/check.ts";
import { parseScript } from "../../src/shell/parse.ts";
import { StubHost } from "./host-stub.ts";

function complaints(text: string): string[] {
	return parseScript(text, "lab.sh").errors.map(String);
}

describe("constructs outside the language are named with file and line", () => {
	test.each([
		["while true; do echo a; done", "while: while loops are not supported"],
		["until true\ndo echo a\ndone", "until: until loops are not supported"],
		["if true; then echo a; elif b; then c; else d; fi", "if: if … then … fi is not supported"],
		["case $A in (a|b) echo 1;; *) echo 2; esac", "case: case … esac is not supported"],
		["select x in a b; do echo $x; done", "select: select loops are not supported"],
		["f() { echo a; }", "f(): functions are not supported", "{: groups { … } are not supported"],
		["function f { echo a; }", "function: functions are not supported", "{: groups { … } are not supported"],
		["{ echo a; }", "{: groups { … } are not supported"],
		["( echo a; echo b )", "(: subshells ( … ) are not supported"],
		["((A=1))", "((: the arithmetic command ((…)) is not supported"],
		["[[ a = b ]]", "[[: the condition [[ … ]] is not POSIX sh and is not supported"],
		["echo a | cat", "|: pipes (|) are not supported"],
		["echo a |& cat", "|&: pipes (|&) are not supported"],
		["echo a &", "&: background commands (&) are not supported"],
		["echo a & echo b", "&: background commands (&) are not supported"],
		["! true", "!: negation with ! is not supported"],
		["echo $((1 + (2)))", "$((: arithmetic $((…)) is not supported"],
		["echo $[1]", "$[: arithmetic $[…] is not supported"],
		["echo *", "*: file name patterns (*) are not supported; quote it if it is meant as it stands"],
		["echo a?", "?: file name patterns (?) are not supported; quote it if it is meant as it stands"],
		[
			"for x in *; do echo; done",
			"*: file name patterns (*) are not supported; quote it if it is meant as it stands",
		],
		["echo ~", "~: tilde expansion (~) is not supported; quote it if it is meant as it stands"],
		["A=/x:~", "~: tilde expansion (~) is not supported; quote it if it is meant as it stands"],
		["echo {a,b}", "{a,b}: brace expansion {a,b} is not POSIX sh and is not supported"],
		["echo {1..3}", "{1..3}: brace expansion {a,b} is not POSIX sh and is not supported"],
		["cat <(echo)", "<(: process substitution <(…) is not POSIX sh and is not supported"],
		["cat <<<a", "<<<: here-strings (<<<) are not POSIX sh and are not supported"],
		["echo a &>f", "&>: &> is not POSIX sh and is not supported; write >FILE 2>&1"],
		["echo a >|f", ">|: >| is not supported; write >"],
		["echo a <>f", "<>: opening for reading and writing (<>) is not supported"],
		["echo a 3>f", "3>: redirecting descriptor 3 with > is not supported"],
		["echo a >&-", ">&-: >&- is not supported; there are >&1 and >&2"],
		["echo $1", "$1: $1 (positional parameters) is not supported"],
		['echo "$@"', "$@: $@ (the positional parameters) is not supported"],
		["echo $#", "$#: $# (the number of positional parameters) is not supported"],
		["echo $$", "$$: $$ (the shell's process id) is not supported"],
		["echo $'a'", "$': $'…' is not POSIX sh and is not supported"],
		["echo ${A%x}", "${A%x}: ${A%x} is not supported: of the expansions there are $A, ${A} and ${A:-word}"],
		["echo ${#A}", "${#A}: ${#A} is not supported: of the expansions there are $A, ${A} and ${A:-word}"],
		["A+=b", "A+=b: only NAME=VALUE assigns in POSIX sh; += and arrays are not supported"],
		["A=(a b)", "(: arrays are not POSIX sh and are not supported"],
		["IFS=:", "IFS=: setting IFS is not supported"],
		["for x; do echo; done", "for: for without in (over the positional parameters) is not supported"],
		["cat <<EOF\na", '<<: the here-document has no line "EOF" at its end'],
		["echo 'a", "': Syntax error: Unterminated quoted string"],
		["fi", 'fi: Syntax error: "fi" unexpected'],
		[
			"for x in a; echo; done",
			'echo: Syntax error: word unexpected (expecting "do")',
			'done: Syntax error: "done" unexpected',
		].slice(0, 2),
		["echo a;; echo b", ';;: Syntax error: ";;" unexpected'],
		["&& a", '&&: Syntax error: "&&" unexpected'],
		["echo $(echo a", '$(: Syntax error: end of file unexpected (expecting ")")'],
	])("%s", (text, ...expected) => {
		const lines = `true # one\n\n${text!}\n`;
		expect(complaints(lines)).toEqual(expected.map((message) => `lab.sh:3: ${message}`));
	});

	test("all at once, each on its own line, also inside other constructs", () => {
		const text =
			"echo a | b\nwhile true; do\n  echo *\n  if x; then\n    echo $((1))\n  fi\ndone\necho ok\nA=$(echo `b &`)\n";
		expect(parseScript(text, "f").errors.map(({ line, command }) => `${line} ${command}`)).toEqual([
			"1 |",
			"2 while",
			"3 *",
			"4 if",
			"5 $((",
			"9 &",
		]);
	});

	test("commands inside a refused construct are checked too", () => {
		const host = new StubHost();
		checkScript(parseScript("if a x; then\n b y\nfi\nc | d", "f").script, host);
		expect(host.checked).toEqual([
			{ argv: ["a", "x"], line: 1 },
			{ argv: ["b", "y"], line: 2 },
			{ argv: ["c"], line: 4 },
			{ argv: ["d"], line: 4 },
		]);
	});

	test("a script inside a file counts the file's lines", () => {
		expect(String(parseScript("a\nb | c", "lab.sh", 10).errors[0])).toMatch(/^lab\.sh:12: \|: /);
	});
});

test("any text is parsed or refused, never a crash", () => {
	const piece = fc.constantFrom(
		..."if then fi while do done for in case esac { } ( ) (( )) ;; ; & && | || ! ' \" ` $ $( $(( ${ ${A:- } \\ \n < << <<- > >& 2>&1 # a A=b EOF [ * ~ \t".split(
			" ",
		),
	);
	fc.assert(
		fc.property(fc.array(piece, { maxLength: 40 }), fc.constantFrom("", " "), (pieces, between) => {
			const { script } = parseScript(pieces.join(between), "f");
			checkScript(script, new StubHost());
		}),
		{ numRuns: 2000, seed: 7 },
	);
	for (const deep of ["$(", "${A:-", "{ ", "( ", "if ", "`", "f() ", "! ", "for x in a; do "]) {
		parseScript(deep.repeat(50_000), "f");
	}
});

describe("recorded labs", () => {
	for (const kind of ["cases", "text"]) {
		const folder = join("..", "shared", "oracle", kind);
		const present = existsSync(folder);
		if (!present) console.warn(`SKIPPED: no ${folder}, its labs are not parsed`);
		test.skipIf(!present)(`all of ${kind} parse and are walked without an error`, () => {
			let labs = 0;
			for (const name of readdirSync(folder)) {
				for (const part of ["lab.sh", "session.txt"]) {
					const path = join(folder, name, part);
					if (!existsSync(path)) continue;
					let text = readFileSync(path, "utf8");
					if (part === "session.txt") text = text.replace(/^[$>] /gm, "");
					const { script, errors } = parseScript(text, path);
					expect(errors.map(String)).toEqual([]);
					expect(checkScript(script, new StubHost()).map(String)).toEqual([]);
					labs++;
				}
			}
			expect(labs).toBeGreaterThan(30);
		});
	}
});
