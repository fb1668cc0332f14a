// What counts how much in a search; the names are Sphinx's. The section that introduces a word comes
// first (kind "index"), then lessons; names of the package and tables of times count less.
var Scorer = {
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 0, 1: 0, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
  score: ([page, , , , score, , kind]) => {
    if (kind === "index") return score;
    if (page.startsWith("notebooks/")) return score + 6;
    return /^(api|benchmarks)\//.test(page) ? score - 4 : score;
  },
};
