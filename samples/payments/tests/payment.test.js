"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { faults, isIban, paymentId } = require("../src/payment.js");

const ORDER = { iban: "NL91 ABNA 0417 1643 00", amount: "19.00", reference: "202612-0b5e9d54" };

test("an IBAN is checked by its check digits, not by its looks", () => {
  for (const iban of ["NL91 ABNA 0417 1643 00", "de89370400440532013000", "GB82 WEST 1234 5698 7654 32"]) {
    assert.ok(isIban(iban), iban);
  }
  for (const iban of ["NL92 ABNA 0417 1643 00", "NL91", "", undefined, 91]) {
    assert.ok(!isIban(iban), String(iban));
  }
});

test("every fault is named at once", () => {
  assert.deepEqual(faults(ORDER), []);
  assert.equal(faults({ iban: "NL00", amount: "19", reference: "" }).length, 3);
  assert.equal(faults({ ...ORDER, amount: "0.00" }).length, 1);
});

test("a retry is the same payment, another amount is not", () => {
  assert.equal(paymentId({ ...ORDER, iban: "nl91abna0417164300" }), paymentId(ORDER));
  assert.notEqual(paymentId({ ...ORDER, amount: "19.01" }), paymentId(ORDER));
});
