// The shop's own banner, and what it shows of the answers. Texts are written as texts, never as markup.
(function () {
  'use strict';
  var PURPOSES = {
    'advertising.audience': ['marketing', 'Advertising on other sites'],
    'profiling.segmentation': ['marketing', 'Customer groups'],
    'analytics.measurement': ['analytics', 'Measuring how our shop is used'],
  };
  var banner = document.getElementById('banner');
  var form = document.getElementById('choices');

  function add(parent, name, text) {
    var element = document.createElement(name);
    element.textContent = text;
    parent.appendChild(element);
    return element;
  }

  function show() {
    var rows = document.getElementById('purposes');
    rows.textContent = '';
    Object.keys(PURPOSES).forEach(function (purpose) {
      var row = add(rows, 'tr', '');
      add(row, 'td', PURPOSES[purpose][1]);
      var said = Object.prototype.hasOwnProperty.call(accordant.choices(), purpose);
      add(row, 'td', accordant.allows(purpose) ? 'Yes' : said ? 'No' : 'No (not asked yet)');
    });
    var told = document.getElementById('told');
    told.textContent = '';
    Array.from(window.dataLayer).forEach(function (entry) {
      var parts = Array.from(entry);
      if (parts[0] === 'consent') add(told, 'li', parts[1] + ': ' + describe(parts[2]));
    });
    document.getElementById('link').href = accordant.link();
  }

  function describe(signals) {
    return Object.keys(signals).filter(function (name) {
      return name !== 'wait_for_update';
    }).map(function (name) {
      return name + ' ' + signals[name];
    }).join(', ');
  }

  function ask() {
    Array.from(form.elements).forEach(function (box) {
      box.checked = Object.keys(PURPOSES).some(function (purpose) {
        return PURPOSES[purpose][0] === box.name && accordant.allows(purpose);
      });
    });
    document.getElementById('conflict').hidden = !accordant.gpc;
    banner.hidden = false;
  }

  function say(answers) {
    banner.hidden = true;
    var choices = {};
    Object.keys(PURPOSES).forEach(function (purpose) {
      choices[purpose] = answers(PURPOSES[purpose][0]);
    });
    tell(accordant.record(choices, {banner: 'shop', afterConflict: accordant.gpc}));
  }

  function tell(result) {
    result.then(function (told) {
      document.getElementById('receipt').textContent = told.recorded ?
        'On record. Receipt: ' + told.receipt : 'Not on record yet: it is tried again. Until then, no.';
      show();
    });
  }

  form.addEventListener('submit', function (event) {
    event.preventDefault();
    say(function (name) {
      return form.elements[name].checked;
    });
  });
  document.getElementById('yes').addEventListener('click', function () {
    say(function () {
      return true;
    });
  });
  document.getElementById('no').addEventListener('click', function () {
    say(function () {
      return false;
    });
  });
  document.getElementById('again').addEventListener('click', function () {
    ask();
    document.getElementById('asks').focus();
  });
  document.getElementById('withdraw').addEventListener('click', function () {
    tell(accordant.withdraw());
  });
  accordant.onchange(show);
  show();
  accordant.ready.then(function () {
    show();
    if (!Object.keys(accordant.choices()).length) ask();
  });
})();
