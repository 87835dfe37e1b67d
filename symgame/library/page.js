// Copying, filtering and printing. The page says everything without this.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const said = document.getElementById("said");
  let timer = 0;
  const say = (text) => {
    said.textContent = text;
    said.classList.add("shown");
    clearTimeout(timer);
    timer = setTimeout(() => said.classList.remove("shown"), 1600);
  };

  // -- copying: the clipboard where the browser gives it, else a selection, as on pages opened from a disk
  const bySelection = (text) => {
    const before = document.activeElement;
    const area = document.createElement("textarea");
    area.value = text;
    area.setAttribute("readonly", "");
    area.className = "aside";
    document.body.append(area);
    area.select();
    let done = false;
    try { done = document.execCommand("copy"); } catch { done = false; }
    area.remove();
    if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    return done;
  };
  const copy = async (text, what) => {
    let done = false;
    try { await navigator.clipboard.writeText(text); done = true; } catch { done = bySelection(text); }
    say(done ? `${what} copied` : "This browser does not let a page copy");
  };
  const latex = (formula) => [...formula.querySelectorAll("annotation")].map((note) => note.textContent).join(" ");
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".copy");
    if (button) {
      const command = button.parentElement.querySelector("pre");
      if (command) copy(command.textContent, "Command");
      else copy(latex(button.parentElement.querySelector(".f")), "LaTeX");
      return;
    }
    const formula = event.target.closest(".f");
    if (formula && !event.target.closest("a, summary") && String(getSelection()) === "") copy(latex(formula), "LaTeX");
  });

  // -- the filter
  const form = document.querySelector(".filter");
  if (form) {
    const [words, verdict] = [form.querySelector("input"), form.querySelector("select")];
    const count = form.querySelector("output");
    const claims = [...document.querySelectorAll(".claim")].map((element) => ({
      element,
      text: `${element.id} ${element.querySelector(".head").textContent} ${element.dataset.formula}`.toLowerCase(),
    }));
    const groups = [...document.querySelectorAll(".proposition")];
    const apply = () => {
      const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const { element, text } of claims) {
        const fits = (!verdict.value || element.dataset.verdict === verdict.value) && wanted.every((w) => text.includes(w));
        element.hidden = !fits;
        shown += fits;
      }
      for (const group of groups) group.hidden = !group.querySelector(".claim:not([hidden])");
      count.textContent = `${shown} of ${claims.length} statements shown`;
    };
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    const reveal = () => {  // a link to a claim that the filter hides takes the filter away
      const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (target && target.closest("[hidden]")) {
        form.reset();
        apply();
        target.scrollIntoView();
      }
    };
    addEventListener("hashchange", reveal);
    apply();
  }

  // -- the table of contents of a phone closes when it was used; paper has everything unfolded
  const contents = document.querySelector("details.contents");
  if (contents) contents.addEventListener("click", (event) => { if (event.target.closest("a")) contents.open = false; });
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details.proof:not([open])")];
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => { for (const details of folded) details.open = false; });
})();
