/** `iptables -L`. */
import type { TableDraft } from "@hookline/engine/netfilter/chain";
import type { XtTable } from "@hookline/engine/netfilter/table";
import type { Command } from "./command.ts";
import type { IptablesIo } from "./run.ts";
import { Unsupported } from "./values.ts";

export function listTable(_command: Command, _draft: TableDraft, _table: XtTable, _io: IptablesIo): void {
	throw new Unsupported("option -L");
}
