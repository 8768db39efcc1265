(() => {
  "use strict";
  const table = document.getElementById("ranked");
  const openTarget = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") { target.open = true; target.scrollIntoView(); }
  };
  addEventListener("hashchange", openTarget);
  openTarget();
  if (!table) return;
  const body = table.tBodies[0], rows = [...body.rows];
  const find = document.getElementById("find"), kind = document.getElementById("kind"), shown = document.getElementById("shown");
  document.querySelector(".tools").hidden = false;
  document.querySelector(".tools").addEventListener("submit", (event) => event.preventDefault());
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const filter = () => {
    const wanted = find.value.trim().toLowerCase();
    let n = 0;
    rows.forEach((row, i) => {
      row.hidden = !(texts[i].includes(wanted) && (!kind.value || row.dataset.kind === kind.value));
      n += !row.hidden;
    });
    shown.textContent = n + " of " + rows.length + " shown";
  };
  find.addEventListener("input", filter);
  kind.addEventListener("change", filter);
  filter();
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    const numeric = head.dataset.how !== "text", best = head.dataset.how === "number";
    button.addEventListener("click", () => {
      const falling = head.hasAttribute("aria-sort") ? head.getAttribute("aria-sort") === "ascending" : best;
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      const key = (row) => numeric ? Number(row.cells[column].dataset.v) : row.cells[column].textContent;
      const sorted = rows.slice().sort((a, b) => {
        const x = key(a), y = key(b), order = numeric ? x - y : x.localeCompare(y, undefined, {numeric: true});
        return falling ? -order : order;
      });
      body.append(...sorted);
    });
  });
})();
