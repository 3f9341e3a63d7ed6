// SPDX-License-Identifier: LGPL-2.1-or-later
import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import ts from "typescript-eslint";

export default ts.config(
    { ignores: ["dist", "dist-fake", "node_modules", ".unit-*"] },
    js.configs.recommended,
    ...ts.configs.recommendedTypeChecked,
    hooks.configs.flat.recommended,
    {
        languageOptions: { parserOptions: { projectService: true } },
        rules: {
            eqeqeq: "error",
            "no-console": "error",
            "max-lines": ["error", 600],
            "@typescript-eslint/consistent-type-imports": "error",
            "@typescript-eslint/no-floating-promises": ["error", { ignoreVoid: true }],
        },
    },
    {
        files: ["**/*.mjs"],
        ...ts.configs.disableTypeChecked,
        languageOptions: {
            ...ts.configs.disableTypeChecked.languageOptions,
            globals: Object.fromEntries([
                "console", "process", "URL",
                // of the browser, within page.evaluate()
                "CustomEvent", "MutationObserver", "PerformanceObserver", "clearInterval", "document", "getComputedStyle", "localStorage",
                "location", "performance", "requestAnimationFrame", "setInterval", "setTimeout", "window",
            ].map((name) => [name, "readonly"])),
        },
        rules: { ...ts.configs.disableTypeChecked.rules, "no-console": "off" },
    },
    {
        // The runner waits for tests by itself.
        files: ["test/**"],
        rules: { "@typescript-eslint/no-floating-promises": "off" },
    },
    {
        // One module talks to the bus; who renders asks the store.
        files: ["src/**/*.tsx"],
        rules: {
            "no-restricted-imports": ["error", { patterns: [{ group: ["**/bus/connection*"], message: "Ask the store." }] }],
        },
    },
);
