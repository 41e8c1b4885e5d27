/** The device of docs/add-a-device.md passes the contract of all devices, with the row that stands there. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readBlocks } from "./blocks.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const OUT = join(ROOT, "test/readme/out/device");
const SUITE = "packages/engine/test/device";

const blocks = readBlocks(join(ROOT, "docs/add-a-device.md"));
const device = blocks.find((b) => b.words["file"] === "netkit.ts")?.text;
const row = blocks.find((b) => b.words["row"] === "netkit")?.text;
if (device === undefined || row === undefined)
	throw new Error("docs/add-a-device.md has no device or no row");

/** The same text with another part; that part must be there once. */
function put(text: string, part: string, other: string): string {
	if (text.split(part).length !== 2) throw new Error(`expected once: ${part}`);
	return text.replace(part, () => other);
}

// .mts: neither the type check nor the list of tests takes the copies for sources
rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
writeFileSync(
	join(OUT, "netkit.mts"),
	device
		.replaceAll('"../', '"@hookline/engine/')
		.replaceAll('"./', '"@hookline/engine/device/')
		.replaceAll('.ts"', '"'),
);
const suite = readFileSync(join(ROOT, SUITE, "contract.test.ts"), "utf8")
	.replaceAll('"../../src/', '"../../../../packages/engine/src/')
	.replaceAll('"./lab.ts"', `"../../../../${SUITE}/lab.ts"`);
const imported = put(
	suite,
	"\ninterface Setup",
	'\nimport { Netkit } from "./netkit.mts";\n\ninterface Setup',
);
const withRow = put(imported, "make: () => Setup }[] = [\n", `make: () => Setup }[] = [\n${row}`);
// the other kinds run where they are at home
writeFileSync(join(OUT, "contract.mts"), put(withRow, "of KINDS)", "of KINDS.slice(0, 1))"));

await import(join(OUT, "contract.mts"));
