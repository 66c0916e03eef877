"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { handle } = require("../src/api.js");

async function call(routeKey, body) {
  const answer = await handle({ routeKey, body });
  return [answer.statusCode, JSON.parse(answer.body)];
}

test("health names the commit and the stage", async () => {
  process.env.COMMIT = "4f1c";
  process.env.STAGE = "staging";
  const [status, body] = await call("GET /health");
  assert.deepEqual([status, body.commit, body.stage], [200, "4f1c", "staging"]);
});

test("a payment order is accepted", async () => {
  const order = { iban: "NL91ABNA0417164300", amount: "19.00", reference: "202612-0b5e9d54" };
  const [status, body] = await call("POST /payments", JSON.stringify(order));
  assert.deepEqual([status, body.status], [202, "accepted"]);
});

test("a bad payment order is refused with its faults", async () => {
  for (const body of [undefined, "not JSON", "[]", "null", "{}"]) {
    const [status, answer] = await call("POST /payments", body);
    assert.equal(status, 422, body);
    assert.ok(answer.errors.length > 0);
  }
});
