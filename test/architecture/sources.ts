/** The source files of all packages and what each of them imports. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

export interface Import {
	/** As written, e.g. `./pool.ts` or `@hookline/engine/frame/pool`. */
	readonly specifier: string;
	readonly line: number;
}
export interface Source {
	/** From the root, e.g. `packages/engine/src/frame/pool.ts`. */
	readonly path: string;
	/** Folder of the package below `packages/`, or `bench`. */
	readonly pkg: string;
	readonly text: string;
	readonly imports: readonly Import[];
}

/** Every static, dynamic, re-exporting and type-only import of a text. */
export function importsOf(path: string, text: string): Import[] {
	const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
	const found: Import[] = [];
	const add = (node: ts.Node | undefined): void => {
		if (node !== undefined && ts.isStringLiteralLike(node))
			found.push({
				specifier: node.text,
				line: file.getLineAndCharacterOfPosition(node.getStart()).line + 1,
			});
	};
	const visit = (node: ts.Node): void => {
		if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier);
		else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
		else if (ts.isExternalModuleReference(node)) add(node.expression);
		else if (
			ts.isCallExpression(node) &&
			(node.expression.kind === ts.SyntaxKind.ImportKeyword ||
				(ts.isIdentifier(node.expression) && node.expression.text === "require"))
		)
			add(node.arguments[0]);
		ts.forEachChild(node, visit);
	};
	visit(file);
	return found;
}
function filesBelow(folder: string): string[] {
	if (!existsSync(ROOT + folder)) return [];
	return readdirSync(ROOT + folder, { withFileTypes: true }).flatMap((e) => {
		const path = `${folder}/${e.name}`;
		if (e.isDirectory())
			return ["node_modules", "dist", "generated"].includes(e.name) ? [] : filesBelow(path);
		return /\.[cm]?ts$/.test(e.name) ? [path] : [];
	});
}
function load(pkg: string, folder: string): Source[] {
	return filesBelow(folder).map((path) => {
		const text = readFileSync(ROOT + path, "utf8");
		return { path, pkg, text, imports: importsOf(path, text) };
	});
}

export const PACKAGES: readonly string[] = readdirSync(`${ROOT}packages`, { withFileTypes: true })
	.filter((e) => e.isDirectory() && existsSync(`${ROOT}packages/${e.name}/package.json`))
	.map((e) => e.name);

export const SOURCES: readonly Source[] = [
	...PACKAGES.flatMap((pkg) => load(pkg, `packages/${pkg}/src`)),
	...load("bench", "bench"),
];

export interface PackageJson {
	readonly name: string;
	readonly dependencies?: Readonly<Record<string, string>>;
}
export function packageJson(pkg: string): PackageJson {
	const folder = pkg === "bench" ? "bench" : `packages/${pkg}`;
	return JSON.parse(readFileSync(`${ROOT}${folder}/package.json`, "utf8")) as PackageJson;
}
/** The package a specifier names: `@hookline/engine/ip/netns` is `@hookline/engine`; undefined for a relative one. */
export function packageOf(specifier: string): string | undefined {
	if (specifier.startsWith(".") || specifier.startsWith("/")) return undefined;
	return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
