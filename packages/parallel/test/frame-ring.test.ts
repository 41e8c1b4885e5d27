/** What is written comes out, in order, whatever the sizes, however full the ring is and however seldom the reader comes. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameRing } from "../src/frame-ring.ts";

type Row = [string, number, number, number, number, number];

test("equals a queue", () => {
	const op = fc.oneof(
		{ weight: 6, arbitrary: fc.integer({ min: 14, max: 900 }) },
		{ weight: 1, arbitrary: fc.constant("publish" as const) },
		{ weight: 1, arbitrary: fc.constant("drain" as const) },
	);
	fc.assert(
		fc.property(fc.array(op, { maxLength: 300 }), (ops) => {
			const memory = FrameRing.allocate(2048);
			const writer = new FrameRing(memory);
			const reader = new FrameRing(memory);
			const written: Row[] = [];
			const published: Row[] = [];
			let batch = 0;
			let n = 0;
			let unread = 0;
			const drain = (): void => {
				const seen: Row[] = [];
				reader.drain(batch, (view, at, length, time, device, vlan, l4sum, nh) => {
					seen.push([
						new Uint8Array(view.buffer, view.byteOffset + at, length).join(),
						time,
						device,
						vlan,
						l4sum,
						nh,
					]);
				});
				expect(seen).toEqual(published.splice(0));
				unread -= seen.length;
			};
			for (const o of ops) {
				if (o === "drain") drain();
				else if (o === "publish") {
					// the batch before is taken first; of the next one nothing is seen yet
					drain();
					writer.publish(++batch);
					published.push(...written.splice(0));
				} else {
					n++;
					const frame = Uint8Array.from({ length: o + 3 }, (_, i) => (i * 7 + n) & 255);
					const row: Row = [frame.subarray(3).join(), n * 1e9 + 0.5, n, -n, n % 3, 14 + (n % 2) * 4];
					const ok = writer.write(new DataView(frame.buffer), 3, o, row[1], row[2], row[3], row[4], row[5]);
					// an empty ring takes any frame of up to half its size
					if (unread === 0 && written.length === 0 && published.length === 0) expect(ok).toBe(true);
					if (ok) {
						written.push(row);
						unread++;
					}
				}
			}
			drain();
			writer.publish(++batch);
			published.push(...written.splice(0));
			drain();
			expect(unread).toBe(0);
		}),
		{ numRuns: 500 },
	);
});
