/** Reading whole small files, with messages that name the file. */
import { readFileSync } from "node:fs";
import { Failure, UsageError } from "../errors.ts";

const REASONS: Readonly<Record<string, string>> = {
	ENOENT: "no such file",
	ENOTDIR: "a part of the path is not a directory",
	EISDIR: "is a directory",
	EACCES: "permission denied",
	ENOSPC: "no space left on the device",
	EROFS: "the file system is read-only",
};

/** Why a file system call failed, in words. */
export function fileReason(error: unknown): string {
	const code = (error as NodeJS.ErrnoException).code ?? "";
	return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}

/** The text of a file that the command line names. Throws UsageError when it cannot be read. */
export function readNamedText(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch (error) {
		throw new UsageError(`${path}: ${fileReason(error)}`);
	}
}

/** Do something with a file; what fails becomes a Failure that names it. */
export function withFile<T>(path: string, act: () => T): T {
	try {
		return act();
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === undefined) throw error;
		throw new Failure(`${path}: ${fileReason(error)}`);
	}
}
