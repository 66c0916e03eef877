const answer = document.querySelector("#answer");

document.querySelector("#order").addEventListener("submit", async (event) => {
  event.preventDefault();
  const quantity = Number(new FormData(event.target).get("quantity"));
  const lines = [{ sku: "mug", quantity, unit_price: "9.50" }];
  const response = await fetch("/api/orders", { method: "POST", body: JSON.stringify({ lines }) });
  const order = await response.json();
  answer.textContent = response.ok ? `Ordered: ${order.total} ${order.currency}` : order.error;
});

const version = await (await fetch("/version.json")).json();
document.querySelector("#commit").textContent = version.commit.slice(0, 12);
