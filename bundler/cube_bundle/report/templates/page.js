"use strict";
(() => {
  const value = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.value === undefined ? cell.textContent.trim() : cell.dataset.value;
  };
  const order = new Intl.Collator("en", { numeric: true });

  const sort = (table, head) => {
    const direction = head.getAttribute("aria-sort") ||
      (head.classList.contains("number") ? "ascending" : "descending");
    const next = direction === "ascending" ? "descending" : "ascending";
    const sign = next === "ascending" ? 1 : -1;
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", next);
    const body = table.tBodies[0];
    const column = head.cellIndex;
    const rows = [...body.rows].map((row) => [value(row, column), row]);
    rows.sort(([one], [two]) => sign * order.compare(one, two));
    body.append(...rows.map(([, row]) => row));
  };

  const filter = (table) => {
    const label = document.createElement("label");
    const input = document.createElement("input");
    const told = document.createElement("output");
    label.className = "filter";
    input.type = "search";
    label.append("Filter ", input, told);
    const rows = [...table.tBodies[0].rows];
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        shown += row.hidden ? 0 : 1;
      }
      told.textContent = words.length ? `${shown} of ${rows.length}` : "";
    });
    table.parentElement.before(label);
  };

  for (const table of document.querySelectorAll("table")) {
    for (const head of table.tHead.querySelectorAll("th")) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(table, head));
      head.append(button);
    }
    if (table.tBodies[0].rows.length > 10) filter(table);
  }
  // A row that a link leads to is shown, whatever the filter says.
  window.addEventListener("hashchange", () => {
    const row = document.getElementById(location.hash.slice(1));
    if (row && row.hidden) row.hidden = false;
    if (row) row.scrollIntoView({ block: "center" });
  });
})();
