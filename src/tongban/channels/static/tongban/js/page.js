// Comforts only: every page works without this file. No inline code, no dependency.
(function () {
  "use strict";

  // A summary of problems takes the focus, so that it is read first.
  var summary = document.querySelector("[data-focus]");
  if (summary) summary.focus();

  // What only works with a script is hidden until there is one.
  document.querySelectorAll("[data-script]").forEach(function (node) {
    node.hidden = false;
  });

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-print]")) window.print();
    // A click elsewhere closes an open menu.
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      document.querySelectorAll("details.menu[open]").forEach(function (menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
      });
    }
    // Alt and a letter press what is marked with data-key, for work by keyboard alone.
    if (event.altKey && !event.ctrlKey && !event.metaKey) {
      var letter = event.code.replace(/^(Key|Digit)/, "").toLowerCase();
      var node = document.querySelector('[data-key="' + letter + '"]');
      if (node) {
        event.preventDefault();
        node.focus();
        if (node.matches("a, button, summary")) node.click();
      }
    }
  });

  // The second press of the same button is held back; the server refuses a doubled one anyway.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    form.querySelectorAll("button:not([type=button])").forEach(function (button) {
      button.setAttribute("aria-disabled", "true");
    });
  });
  window.addEventListener("pageshow", function (event) {
    if (!event.persisted) return;
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
      form.querySelectorAll("[aria-disabled]").forEach(function (button) {
        button.removeAttribute("aria-disabled");
      });
    });
  });

  // A question that depends on another's answer is hidden while it does not apply.
  function answer(name) {
    var node = document.querySelector('[name="' + name + '"]:checked');
    if (node) return node.value;
    node = document.querySelector('[name="' + name + '"]:not([type=radio]):not([type=checkbox])');
    return node ? node.value : "";
  }
  function showApplicable() {
    document.querySelectorAll("[data-show-if]").forEach(function (node) {
      var control = node.querySelector("input, select, textarea");
      // What holds an answer stays in sight: nothing is sent that can't be seen.
      var applies = answer(node.dataset.showIf) === node.dataset.showValue;
      node.hidden = !applies && !(control && answer(control.name));
    });
  }
  if (document.querySelector("[data-show-if]")) {
    document.addEventListener("change", showApplicable);
    showApplicable();
  }

  // A file that is too large is said at once, not after minutes of sending it.
  document.addEventListener("change", function (event) {
    var input = event.target;
    if (!input.matches || !input.matches("input[type=file][data-limit]")) return;
    var limit = Number(input.dataset.limit);
    var over = Array.from(input.files).some(function (file) {
      return file.size > limit;
    });
    input.setAttribute("aria-invalid", over ? "true" : "false");
    var warning = document.getElementById(input.id + "-over");
    if (warning) warning.hidden = !over;
  });
})();
