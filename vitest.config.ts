import { defineConfig } from "vitest/config";

export default defineConfig({
	resolve: { conditions: ["source"] },
	ssr: { resolve: { conditions: ["source"] } },
	test: {
		include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
		exclude: ["**/node_modules/**", "**/dist/**", "**/out/**"],
		setupFiles: ["test/setup.ts"],
		testTimeout: 120_000,
		hookTimeout: 120_000,
	},
});
