/** `echo` and `printf`: dash's own, and where they differ the programs of GNU coreutils that `sudo` runs. */

const ESCAPES: Record<string, string> = {
	a: "\x07",
	b: "\b",
	e: "\x1b",
	f: "\f",
	n: "\n",
	r: "\r",
	t: "\t",
	v: "\v",
	"\\": "\\",
};

/**
 * Backslash escapes of an argument (dash's `echo` and `%b`): `\0` takes three more octal digits, `\1` to `\7`
 * up to three in all, `\c` ends all output.
 */
export function interpretEscapes(text: string): { text: string; stop: boolean } {
	let end = text.length;
	for (let at = text.indexOf("\\"); at >= 0; at = text.indexOf("\\", at + 2)) {
		if (text[at + 1] !== "c") continue;
		end = at;
		break;
	}
	const before = text.slice(0, end);
	const done = before.replace(/\\(0[0-7]{0,3}|[1-7][0-7]{0,2}|[abefnrtv\\])/g, (_, code: string) =>
		/[0-7]/.test(code) ? String.fromCharCode(Number.parseInt(code, 8) & 0xff) : ESCAPES[code]!,
	);
	return { text: done, stop: end < text.length };
}

/** dash's `echo`: one `-n` as the first argument, escapes always. */
export function dashEcho(args: readonly string[]): string {
	const newline = args[0] === "-n" ? "" : "\n";
	const words = args[0] === "-n" ? args.slice(1) : args;
	let out = "";
	for (const [index, word] of words.entries()) {
		const { text, stop } = interpretEscapes(word);
		out += (index > 0 ? " " : "") + text;
		if (stop) return out;
	}
	return out + newline;
}

/** /bin/echo of coreutils: options n, e, E in any number; escapes only after `-e`. */
export function gnuEcho(args: readonly string[]): string {
	let newline = "\n";
	let escapes = false;
	let first = 0;
	for (; first < args.length && /^-[neE]+$/.test(args[first]!); first++) {
		for (const option of args[first]!.slice(1)) {
			if (option === "n") newline = "";
			else escapes = option === "e";
		}
	}
	const words = args.slice(first);
	if (!escapes) return words.join(" ") + newline;
	const { text, stop } = interpretEscapes(words.join(" "));
	return text + (stop ? "" : newline);
}

const DIRECTIVE = /%([-+ 0#]*)(\d*)(?:\.(\d*))?([\s\S])?/y;

/** The directives of a format that `printf` here does not have. */
export function printfProblems(format: string): string[] {
	const problems: string[] = [];
	for (const [text] of format.replaceAll("%%", "").matchAll(/%[-+ 0#]*\d*(?:\.\d*)?[\s\S]?/g)) {
		if (!/[sbcdiuoxX]$/.test(text)) problems.push(`${text} in the format of printf is not supported`);
	}
	return problems;
}

/** `printf`: what it prints, its complaints (without the shell's prefix) and its status. */
export function printf(args: readonly string[]): { out: string; complaints: string[]; status: number } {
	const complaints: string[] = [];
	const words = args[0] === "--" ? args.slice(1) : args;
	const format = words[0];
	if (format === undefined) return { out: "", complaints: ["usage: printf format [arg ...]"], status: 2 };
	let next = 1;
	let out = "";
	const number = (): bigint => {
		const word = words[next++];
		if (word === undefined || word === "") return 0n;
		if (/^["']/.test(word)) return BigInt(word.codePointAt(1) ?? 0);
		const [, blanks, sign, digits] = /^([ \t\n]*)([-+]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)?/.exec(word)!;
		if (digits === undefined) {
			complaints.push(`${word}: expected numeric value`);
			return 0n;
		}
		if (blanks!.length + sign!.length + digits.length < word.length) {
			complaints.push(`${word}: not completely converted`);
		}
		const value = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
		return sign === "-" ? -value : value;
	};
	do {
		const before = next;
		for (let at = 0; at < format.length; ) {
			const char = format[at]!;
			DIRECTIVE.lastIndex = at;
			if (char === "\\") {
				const sequence = /^\\([0-7]{1,3}|[\s\S])?/.exec(format.slice(at, at + 4))![0];
				// in a format an octal number has three digits in all, also after a zero
				const octal = /^\\[0-7]/.test(sequence);
				const code = octal ? Number.parseInt(sequence.slice(1), 8) & 0xff : 0;
				out += octal ? String.fromCharCode(code) : (ESCAPES[sequence.slice(1)] ?? sequence);
				at += sequence.length;
				continue;
			}
			const directive = char === "%" ? DIRECTIVE.exec(format) : null;
			if (directive === null) {
				out += char;
				at++;
				continue;
			}
			at += directive[0].length;
			const [, flags, width, precision, letter] = directive;
			if (letter === "%") out += "%";
			else if (letter === "s" || letter === "b" || letter === "c") {
				const word = words[next++] ?? "";
				const given =
					letter === "b"
						? interpretEscapes(word)
						: { text: letter === "c" ? word.slice(0, 1) || "\0" : word, stop: false };
				const text = precision === undefined ? given.text : given.text.slice(0, Number(precision));
				out += pad(text, flags!, Number(width));
				if (given.stop) return { out, complaints, status: complaints.length > 0 ? 1 : 0 };
			} else out += integer(number(), letter ?? "", flags!, Number(width), precision);
		}
		if (next === before) break;
	} while (next < words.length);
	return { out, complaints, status: complaints.length > 0 ? 1 : 0 };
}

function integer(
	value: bigint,
	letter: string,
	flags: string,
	width: number,
	precision: string | undefined,
): string {
	const signed = letter === "d" || letter === "i";
	const magnitude = signed ? (value < 0n ? -value : value) : BigInt.asUintN(64, value);
	const base = letter === "o" ? 8 : letter === "x" || letter === "X" ? 16 : 10;
	let digits = magnitude.toString(base);
	if (letter === "X") digits = digits.toUpperCase();
	if (precision !== undefined) digits = digits.padStart(Number(precision), "0");
	if (flags.includes("#") && magnitude !== 0n) {
		digits = base === 16 ? `0${letter}${digits}` : base === 8 ? `0${digits}` : digits;
	}
	const sign = !signed ? "" : value < 0n ? "-" : flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
	const zeros = flags.includes("0") && !flags.includes("-") && precision === undefined;
	if (zeros) return sign + digits.padStart(width - sign.length, "0");
	return pad(sign + digits, flags, width);
}

function pad(text: string, flags: string, width: number): string {
	if (flags.includes("-")) return text.padEnd(width);
	return text.padStart(width);
}
