/**
 * The compound commands that a lab file does not have. They are read by their shape, reported by name, and
 * the commands inside them are kept to be checked.
 */
import type { Parser } from "./parse.ts";
import type { Command, List, Refused } from "./syntax.ts";
import type { Token } from "./tokens.ts";

/** Words that are reserved where a command begins and may only close something. */
const CLOSERS = new Set(["then", "elif", "else", "fi", "do", "done", "esac", "}"]);

/** Whether a shell would refuse this word as a command's first. */
export function refusedWord(text: string): boolean {
	return CLOSERS.has(text);
}

/** Reads a compound command that begins with `token`; undefined when none begins there. */
export function readCompound(parser: Parser, token: Token): Refused | undefined {
	const line = parser.tokens.cursor.line(token.pos);
	const text = token.kind === "operator" ? token.text : token.kind === "word" ? token.plain : undefined;
	const lists = text === undefined ? undefined : readLists(parser, token, text);
	return lists === undefined ? undefined : { kind: "refused", lists, line };
}

function readLists(parser: Parser, token: Token, text: string): List[] | undefined {
	const refuse = (message: string, construct = text): void => {
		parser.refuse(token.pos, construct, message);
		parser.tokens.take();
	};
	switch (text) {
		case "(": {
			if (parser.tokens.cursor.text.charAt(token.pos + 1) === "(") {
				refuse("the arithmetic command ((…)) is not supported", "((");
				parser.skipLine();
				return [];
			}
			refuse("subshells ( … ) are not supported");
			const list = parser.list([")"]);
			parser.expect(")");
			return [list];
		}
		case "{": {
			refuse("groups { … } are not supported");
			const list = parser.list(["}"]);
			parser.expect("}");
			return [list];
		}
		case "while":
		case "until": {
			refuse(`${text} loops are not supported`);
			const condition = parser.list(["do"]);
			return [condition, parser.block("do", "done") ?? []];
		}
		case "if":
			refuse("if … then … fi is not supported");
			return readIf(parser);
		case "case":
			refuse("case … esac is not supported");
			return readCase(parser);
		case "select":
			refuse("select loops are not supported");
			while (parser.tokens.peek().kind === "word") parser.tokens.take();
			if (parser.isOneOf(parser.tokens.peek(), [";"])) parser.tokens.take();
			return [parser.block("do", "done") ?? []];
		case "[[":
			refuse("the condition [[ … ]] is not POSIX sh and is not supported");
			parser.skipLine();
			return [];
		case "coproc":
			refuse("coproc is not POSIX sh and is not supported");
			return commandAlone(parser.command());
		case "function":
			refuse("functions are not supported");
			if (parser.tokens.peek().kind === "word") parser.tokens.take();
			return readFunctionBody(parser);
		default:
			return token.kind === "word" ? readFunction(parser, token, text) : undefined;
	}
}

/** `name ( ) body`: the word alone does not tell, so this looks at the text behind it. */
function readFunction(parser: Parser, token: Token, name: string): List[] | undefined {
	const { text } = parser.tokens.cursor;
	const behind = token.pos + name.length;
	if (!text.startsWith(name, token.pos) || !/^[ \t]*\([ \t]*\)/.test(text.slice(behind, behind + 200)))
		return undefined;
	parser.refuse(token.pos, `${name}()`, "functions are not supported");
	parser.tokens.take();
	return readFunctionBody(parser);
}

function readFunctionBody(parser: Parser): List[] {
	if (parser.isOneOf(parser.tokens.peek(), ["("])) {
		parser.tokens.take();
		parser.expect(")");
	}
	parser.skipNewlines();
	const body = parser.command();
	// the function's error is enough: a body's braces are not a second mistake
	return commandAlone(body);
}

function commandAlone(command: Command | undefined): List[] {
	return command === undefined ? [] : [[{ first: command, rest: [] }]];
}

function readIf(parser: Parser): List[] {
	const lists: List[] = [parser.list(["then"])];
	if (!parser.expect("then")) return lists;
	lists.push(parser.list(["elif", "else", "fi"]));
	while (parser.isOneOf(parser.tokens.peek(), ["elif"])) {
		parser.tokens.take();
		lists.push(parser.list(["then"]));
		if (!parser.expect("then")) return lists;
		lists.push(parser.list(["elif", "else", "fi"]));
	}
	if (parser.isOneOf(parser.tokens.peek(), ["else"])) {
		parser.tokens.take();
		lists.push(parser.list(["fi"]));
	}
	parser.expect("fi");
	return lists;
}

function readCase(parser: Parser): List[] {
	const lists: List[] = [];
	if (parser.tokens.peek().kind === "word") parser.tokens.take();
	parser.skipNewlines();
	if (!parser.expect("in")) return lists;
	for (;;) {
		parser.skipNewlines();
		if (parser.isOneOf(parser.tokens.peek(), ["esac"])) break;
		if (parser.isOneOf(parser.tokens.peek(), ["("])) parser.tokens.take();
		while (parser.tokens.peek().kind === "word" || parser.isOneOf(parser.tokens.peek(), ["|"]))
			parser.tokens.take();
		if (!parser.expect(")")) return lists;
		lists.push(parser.list([";;", ";&", ";;&", "esac"]));
		if (parser.isOneOf(parser.tokens.peek(), [";;", ";&", ";;&"])) parser.tokens.take();
		else break;
	}
	parser.expect("esac");
	return lists;
}
