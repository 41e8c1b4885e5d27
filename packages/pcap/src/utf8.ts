// UTF-8 (RFC 3629) by hand: TextEncoder belongs to the host (browser or Node), not to the language.

const REPLACEMENT = 0xfffd;

/** UTF-8 bytes of `text`; a lone surrogate becomes U+FFFD. */
export function utf8Encode(text: string): Uint8Array {
	const out = new Uint8Array(text.length * 3);
	let n = 0;
	for (const char of text) {
		let c = char.codePointAt(0)!;
		if (c >= 0xd800 && c <= 0xdfff) c = REPLACEMENT;
		if (c < 0x80) {
			out[n++] = c;
			continue;
		}
		if (c < 0x800) {
			out[n++] = 0xc0 | (c >> 6);
		} else {
			if (c < 0x10000) {
				out[n++] = 0xe0 | (c >> 12);
			} else {
				out[n++] = 0xf0 | (c >> 18);
				out[n++] = 0x80 | ((c >> 12) & 0x3f);
			}
			out[n++] = 0x80 | ((c >> 6) & 0x3f);
		}
		out[n++] = 0x80 | (c & 0x3f);
	}
	return out.slice(0, n);
}

/** Text of UTF-8 `bytes`; each byte that is not part of a valid sequence becomes U+FFFD. Never throws. */
export function utf8Decode(bytes: Uint8Array): string {
	let text = "";
	let i = 0;
	while (i < bytes.length) {
		const lead = bytes[i]!;
		if (lead < 0x80) {
			text += String.fromCharCode(lead);
			i++;
			continue;
		}
		const extra = lead >= 0xf0 && lead < 0xf8 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
		let c = extra === 3 ? lead & 0x07 : extra === 2 ? lead & 0x0f : lead & 0x1f;
		let ok = extra > 0 && lead < 0xf8 && i + extra < bytes.length;
		for (let k = 1; ok && k <= extra; k++) {
			const b = bytes[i + k]!;
			if ((b & 0xc0) !== 0x80) ok = false;
			c = (c << 6) | (b & 0x3f);
		}
		// RFC 3629 section 3: overlong forms, surrogates and values above U+10FFFF are not characters.
		const least = extra === 3 ? 0x10000 : extra === 2 ? 0x800 : 0x80;
		if (!ok || c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
			text += String.fromCharCode(REPLACEMENT);
			i++;
			continue;
		}
		text += String.fromCodePoint(c);
		i += extra + 1;
	}
	return text;
}
