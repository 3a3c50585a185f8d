// To the search "-" means: without this word. People look for "--dry-run".
document.addEventListener("keyup", ({ target }) => {
  if (target.matches("[data-md-component=search-query]"))
    target.value = target.value.replace(/(^|\s)-+/g, "$1");
}, true); // before the search reads it
