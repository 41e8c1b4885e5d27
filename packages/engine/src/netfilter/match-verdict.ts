/** What a match says. */
export const NO_MATCH = 0;
export const MATCH = 1;
/** No match, and the packet is dropped without further ado. */
export const HOTDROP = 2;
