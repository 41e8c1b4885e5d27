/** Names of numbers as in /etc/iproute2 of the reference system. */
const invert = (names: Readonly<Record<string, number>>): ReadonlyMap<number, string> =>
	new Map(Object.entries(names).map(([name, number]) => [number, name]));

const TABLES: Readonly<Record<string, number>> = { unspec: 0, default: 253, main: 254, local: 255 };
const SCOPES: Readonly<Record<string, number>> = { global: 0, site: 200, link: 253, host: 254, nowhere: 255 };
const PROTOCOLS: Readonly<Record<string, number>> = {
	unspec: 0,
	redirect: 1,
	kernel: 2,
	boot: 3,
	static: 4,
	gated: 8,
	ra: 9,
	mrt: 10,
	zebra: 11,
	bird: 12,
	dnrouted: 13,
	xorp: 14,
	ntk: 15,
	dhcp: 16,
	keepalived: 18,
	openr: 99,
	babel: 42,
	bgp: 186,
	isis: 187,
	ospf: 188,
	rip: 189,
	eigrp: 192,
};
const TYPES: Readonly<Record<string, number>> = {
	none: 0,
	unicast: 1,
	local: 2,
	broadcast: 3,
	brd: 3,
	anycast: 4,
	multicast: 5,
	blackhole: 6,
	unreachable: 7,
	prohibit: 8,
	throw: 9,
	nat: 10,
};
const TYPE_NAMES: ReadonlyMap<number, string> = new Map([...invert(TYPES), [3, "broadcast"]]);
const TABLE_NAMES = invert(TABLES);
const SCOPE_NAMES = invert(SCOPES);
const PROTOCOL_NAMES = invert(PROTOCOLS);

/** A decimal, `0x` hexadecimal or octal number as strtoul reads it with base 0; undefined when it is none or above `max`. */
export function parseNumber(text: string, max = 0xffffffff): number | undefined {
	if (!/^(0x[0-9a-f]+|\d+)$/i.test(text)) return undefined;
	const octal = /^0\d/.test(text);
	if (octal && /[89]/.test(text)) return undefined;
	const number = octal ? Number.parseInt(text, 8) : Number(text);
	return number <= max ? number : undefined;
}
const lookUp = (names: Readonly<Record<string, number>>, text: string, max: number): number | undefined =>
	Object.hasOwn(names, text) ? names[text] : parseNumber(text, max);

export const parseTable = (text: string): number | undefined => lookUp(TABLES, text, 0xffffffff);
export const parseScope = (text: string): number | undefined => lookUp(SCOPES, text, 255);
export const parseProtocol = (text: string): number | undefined => lookUp(PROTOCOLS, text, 255);
/** RTN_* */
export const parseRouteType = (text: string): number | undefined =>
	Object.hasOwn(TYPES, text) ? TYPES[text] : undefined;

export const tableName = (table: number): string => TABLE_NAMES.get(table) ?? String(table);
export const scopeName = (scope: number): string => SCOPE_NAMES.get(scope) ?? String(scope);
export const protocolName = (protocol: number): string => PROTOCOL_NAMES.get(protocol) ?? String(protocol);
export const routeTypeName = (type: number): string => TYPE_NAMES.get(type) ?? String(type);
