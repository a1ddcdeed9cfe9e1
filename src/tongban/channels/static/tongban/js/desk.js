// Comfort only: which file stands in the frame is marked in every list that names it.
(function () {
  "use strict";

  document.addEventListener("click", function (event) {
    var link = event.target.closest('a[target="document"]');
    if (!link) return;
    document.querySelectorAll('a[target="document"]').forEach(function (one) {
      if (one.getAttribute("href") === link.getAttribute("href")) {
        one.setAttribute("aria-current", "true");
      } else {
        one.removeAttribute("aria-current");
      }
    });
  });
})();
