// The verifier is a smaller world: it imports nothing of the prover's own folders, and nothing that can do input or
// output outside its process entry.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const FOLDER = new URL("../../../prover/verify/", import.meta.url);
const ALLOWED = /^(\.\/|\.\.\/(air|field|hash|merkle|ntt|protocol|security|transcript)\/)/;

test("verify/ imports only field, hash, transcript, trees, keys and the AIR, never prove/, backend/ or assembly/", () => {
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith(".ts"))) {
    const source = readFileSync(new URL(name, FOLDER), "utf8");
    const imports = [...source.matchAll(/from "([^"]+)"/g)].map((match) => match[1] ?? "");
    for (const path of imports) {
      if (path.startsWith("node:")) assert.equal(name, "main.ts", `${name} imports ${path}`);
      else assert.match(path, ALLOWED, `${name} imports ${path}`);
    }
  }
});

test("the checking modules contain no exception-swallowing, no dynamic code and no clock or randomness", () => {
  const checking = ["challenges.ts", "constraints.ts", "decode.ts", "deep.ts", "layout.ts", "queries.ts", "verdict.ts", "verify.ts"];
  for (const name of checking) {
    const source = readFileSync(new URL(name, FOLDER), "utf8");
    assert.doesNotMatch(source, /\b(catch|throw|eval|Function\(|Date|Math\.random|process)\b/, name);
  }
});
