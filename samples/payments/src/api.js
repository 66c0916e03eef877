"use strict";

const { faults, paymentId } = require("./payment.js");

/** One function behind API Gateway, in its payload format 2.0. */
async function handle(event) {
  switch (event.routeKey) {
    case "GET /health":
      return answer(200, health());
    case "POST /payments":
      return acceptPayment(event);
    default:
      return answer(404, { error: `there is no ${event.routeKey}` });
  }
}

function health() {
  const { COMMIT: commit = "", STAGE: stage = "" } = process.env;
  return { status: "ok", service: "payments", commit, stage };
}

function acceptPayment(event) {
  const order = requested(event);
  if (order === null) return answer(422, { errors: ["the payment order is not a JSON object"] });
  const errors = faults(order);
  if (errors.length > 0) return answer(422, { errors });
  return answer(202, { id: paymentId(order), status: "accepted", amount: order.amount, currency: "EUR" });
}

function requested({ body = "", isBase64Encoded = false }) {
  try {
    const text = isBase64Encoded ? Buffer.from(body, "base64").toString() : body;
    const order = JSON.parse(text);
    return typeof order === "object" && !Array.isArray(order) ? order : null;
  } catch {
    return null;
  }
}

function answer(statusCode, body) {
  return { statusCode, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

module.exports = { handle };
