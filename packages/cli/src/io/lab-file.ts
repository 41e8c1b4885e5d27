/** A lab file from the command line, as a built lab. */
import { Lab, type LabOptions } from "hookline";
import { Failure, LabProblems } from "../errors.ts";
import type { Io } from "./console.ts";
import { readNamedText } from "./files.ts";

/** What `--seed`, `--vector` and `--ipv6` set. */
export type LabSettings = Pick<LabOptions, "seed" | "vector" | "ipv6">;

/**
 * Reads and checks the file; throws UsageError when there is none, LabProblems with all that it cannot do. Nothing has run then.
 */
export function loadLab(
	file: string,
	settings: LabSettings,
	io: Pick<Io, "out" | "err">,
): { lab: Lab; text: string } {
	const text = readNamedText(file);
	const lab = new Lab({ ...settings, out: io.out, err: io.err });
	const problems = lab.check(text, file);
	if (problems.length > 0) throw new LabProblems(problems);
	return { lab, text };
}

/** `loadLab`, then run it as sh does. Throws Failure when it ends with a status that is not 0. */
export function buildLab(file: string, settings: LabSettings, io: Pick<Io, "out" | "err">): Lab {
	const { lab, text } = loadLab(file, settings, io);
	const status = lab.run(text, { file });
	if (status !== 0) throw new Failure(`${file} ended with status ${status}`);
	return lab;
}
