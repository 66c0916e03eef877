"use strict";

const { createHash } = require("node:crypto");

const AMOUNT = /^(0|[1-9]\d{0,8})\.\d{2}$/;
const REFERENCE = /^[A-Za-z0-9/?:().,'+ -]{1,140}$/; // what SEPA lets through

/** An IBAN is right if, its first four characters moved to the end and letters read as 10 to 35, it is 1 modulo 97. */
function isIban(text) {
  const iban = String(text ?? "").replaceAll(" ", "").toUpperCase();
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(iban)) return false;
  let remainder = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}

/** Every fault of a payment order, so that it has to be sent back only once. */
function faults({ iban, amount, reference }) {
  const found = [];
  if (!isIban(iban)) found.push(`iban is ${JSON.stringify(iban)}, which is none`);
  if (!AMOUNT.test(String(amount)) || Number(amount) === 0) {
    found.push(`amount is ${JSON.stringify(amount)}; write euros and cents, such as "19.00"`);
  }
  if (!REFERENCE.test(String(reference ?? ""))) {
    found.push(`reference is ${JSON.stringify(reference)}; write 1 to 140 plain characters`);
  }
  return found;
}

/** The same order has the same id: a retry is not a second payment. */
function paymentId({ iban, amount, reference }) {
  const order = JSON.stringify([iban.replaceAll(" ", "").toUpperCase(), amount, reference]);
  return createHash("sha256").update(order).digest("hex").slice(0, 32);
}

module.exports = { faults, isIban, paymentId };
