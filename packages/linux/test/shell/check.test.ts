// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the strings are shell, not templates
import { describe, expect, test } from "vitest";
import { checkScript } from "../../src/shell/check.ts";
import { LabError } from "../../src/shell/errors.ts";
import { parseScript } from "../../src/shell/parse.ts";
import { runStub, StubHost } from "./host-stub.ts";

function check(text: string, host = new StubHost()): string[] {
	const { script, errors } = parseScript(text, "lab.sh");
	return [...errors, ...checkScript(script, host)].map(String);
}

function seen(text: string): (string | undefined)[][] {
	const host = new StubHost();
	check(text, host);
	return host.checked.map(({ argv }) => argv);
}

describe("the dry run", () => {
	test("loops over known words, variables, sudo", () => {
		expect(seen("N=br0\nfor i in 1 2; do for k in a $N; do sudo -E ip link add v$i$k; done; done")).toEqual([
			["ip", "link", "add", "v1a"],
			["ip", "link", "add", "v1br0"],
			["ip", "link", "add", "v2a"],
			["ip", "link", "add", "v2br0"],
		]);
	});

	test("what $(…) prints is unknown, its commands are checked", () => {
		expect(seen('A=$(ip -o link)\nip a $A "x$A" b${C:-d} $?')).toEqual([
			["ip", "-o", "link"],
			["ip", "a", undefined, undefined, "bd", undefined],
		]);
	});

	test("a variable that may have been set is unknown", () => {
		expect(
			seen("A=1; cat x && A=2; ip $A; A=3; ip $A; for x in $(cat y); do A=4; done; ip $A").slice(1),
		).toEqual([
			["ip", undefined],
			["ip", "3"],
			["cat", "y"],
			["ip", undefined],
		]);
	});

	test("both sides of && and ||, and sh -c, with the lines of the file", () => {
		const host = new StubHost();
		check("a && b ||\nc\nsh -eu -c '\nd\ne $1'", host);
		expect(host.checked.map(({ argv, line }) => `${line} ${argv.join(" ")}`)).toEqual([
			"1 a",
			"1 b",
			"2 c",
			"4 d",
			"5 e",
		]);
	});

	test("problems: all, once each, with file, line and command", () => {
		const host = new StubHost();
		host.problems = (argv) => (argv[0] === "ip" ? [] : [`no command ${argv[0]}`]);
		expect(
			check(
				"cd /\nfor i in 1 2; do\n foo $i\ndone\nsudo -u bob ip a\nsudo export A\nset -f\nsh x.sh\nsudo bar\nsh -c 'a | b'",
				host,
			),
		).toEqual([
			"lab.sh:1: cd /: the built-in command cd is not supported",
			"lab.sh:3: foo 1: no command foo",
			"lab.sh:5: sudo -u bob ip a: sudo -u bob is not supported: everything runs as root",
			"lab.sh:6: sudo export A: sudo cannot run export, a built-in command of the shell",
			"lab.sh:7: set -f: the option -f of set is not supported",
			"lab.sh:8: sh x.sh: sh is supported only with -c",
			"lab.sh:9: bar: no command bar",
			"lab.sh:10: |: pipes (|) are not supported",
			"lab.sh:10: a: no command a",
			"lab.sh:10: b: no command b",
		]);
	});

	test("a pattern out of a variable", () => {
		const message =
			"an unquoted expansion contains *, and file name patterns are not supported; put it in double quotes";
		expect(check("A='*'\necho \"$A\"\necho $A")).toEqual([`lab.sh:3: *: ${message}`]);
		expect(() => runStub("echo $(echo '*')")).toThrow(message);
	});

	test("loops in loops stay cheap", () => {
		const loops = Array.from({ length: 12 }, (_, i) => `for v${i} in 0 1 2 3 4 5 6 7 8 9; do `).join("");
		expect(check(`${loops} ip $v0 ${"; done".repeat(12)}`)).toEqual([]);
	});
});

describe("the host's side of a run", () => {
	test("sleep moves virtual time", () => {
		const host = new StubHost();
		expect(runStub("sleep 1; sleep .25 1m; sudo sleep 2h; /bin/sleep 0.000000001", {}, host).status).toBe(0);
		expect(host.sleptNs).toBe(1e9 + 60.25e9 + 7200e9 + 1);
	});

	test("one write for each echo, opened before", () => {
		const host = new StubHost();
		runStub("echo 1 > /proc/f; sh -c 'echo 2; echo 3' > /proc/f; cat /proc/f > /g", {}, host);
		expect(host.writes).toEqual(["1\n", "2\n", "3\n", "2\n3\n"]);
	});

	test("sudo runs programs, with sudo's text for an unknown one", () => {
		expect(runStub("sudo A=1 sh -c 'echo $A'; sudo -E echo -e 'a\\tb'; sudo nosuch; echo $?")).toEqual({
			out: "1\na\tb\n1\n",
			err: "sudo: nosuch: command not found\n",
			status: 0,
		});
	});

	test("a LabError says where", () => {
		expect(() =>
			runStub("true\nsh -c 'echo a\necho b | c'", { where: { file: "lab.sh", line: 10 } }),
		).toThrow(LabError);
		try {
			runStub("true\nsh -c 'echo a\necho b | c'", { where: { file: "lab.sh", line: 10 } });
		} catch (error) {
			expect(String(error)).toBe("lab.sh:12: |: pipes (|) are not supported");
		}
	});
});
