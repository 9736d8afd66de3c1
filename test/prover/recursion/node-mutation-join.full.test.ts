// Each rule of JOIN deleted in turn: nodes that break it alone must then have a witness (node-rules.ts; the table is in CHECKS.md).
import { test } from "node:test";
import { mutantFolder } from "./circuit-mutants.ts";
import { JOIN_RULES, judgeRules } from "./node-rules.ts";
import { sceneOfFile } from "./tree-cases.ts";

const scene = sceneOfFile();
const workshop = mutantFolder();

test("every rule of JOIN stops five nodes, and without it some of them pass", { timeout: 3_600_000 }, async () => {
  await judgeRules(scene(), workshop, "JOIN", JOIN_RULES);
});
