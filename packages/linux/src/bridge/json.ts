/** JSON as iproute2's writer lays it out: all on one line, or with `-p` indented by four, plain lists on one line. */
export function jsonText(values: readonly Record<string, unknown>[], pretty: boolean): string {
	if (!pretty) return `${JSON.stringify(values)}\n`;
	if (values.length === 0) return "[ ]\n";
	return `[ ${values.map((value) => pretty1(value)).join(",")} ]\n`;
}
function pretty1(value: Record<string, unknown>): string {
	const pad = "        ";
	const lines = Object.entries(value).map(([key, v]) => `${pad}${JSON.stringify(key)}: ${scalar(v)}`);
	return `{\n${lines.join(",\n")}\n    }`;
}
function scalar(v: unknown): string {
	if (Array.isArray(v)) return v.length === 0 ? "[ ]" : `[ ${v.map((x) => JSON.stringify(x)).join(",")} ]`;
	return JSON.stringify(v);
}
