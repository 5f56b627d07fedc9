/* Sets the colour scheme before the first paint. A file, not an inline script: the content security policy forbids inline ones. */
(function () {
  var stored = null;
  try {
    stored = window.localStorage.getItem("mantine-color-scheme-value");
  } catch {
    stored = null;
  }
  var scheme = stored === "light" || stored === "dark" ? stored : null;
  if (scheme === null) {
    scheme = window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }
  document.documentElement.setAttribute("data-mantine-color-scheme", scheme);
})();
