/** What `ipv4.check` found, as the kernel's drop reasons. */
import { DROP } from "../frame/drop.ts";

export const HEADER_REASON: readonly number[] = [
	0,
	DROP.PKT_TOO_SMALL,
	DROP.IP_INHDR,
	DROP.IP_CSUM,
	DROP.PKT_TOO_SMALL,
];
