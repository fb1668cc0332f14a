// What counts how much in a search; the names are Sphinx's. Where a word is introduced comes first
// (kind "index"), then lessons, then what else there is to read, and the package last, unless one
// asks for one of its names.
var Scorer = {
  objNameMatch: 30,
  objPartialMatch: 3,
  objPrio: { 0: 15, 1: 0, 2: -5 },
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
