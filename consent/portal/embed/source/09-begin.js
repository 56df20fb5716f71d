  // The page's part, and the beginning: what is known is told at once, the rest is asked for.
  function begin() {
    if (!site) return Promise.resolve();
    return call('sites/' + encodeURIComponent(site)).then(function (result) {
      if (result.status === 200 && isObject(result.answer) && Array.isArray(result.answer.purposes)) {
        known.config = result.answer;
        heedWaiting();
        saveKnown();
        announce();
      }
      if (gpc && !known.gpc && !listWaiting().length) return say({gpc: true});
      return flush();
    }).then(function () {
      if (age() < FRESH || !recall(PREFIX + 'device')) return undefined;
      return call('state', {site: site, device: device()}).then(function (result) {
        if (isHolding(result)) settle(result.answer);
      });
    });
  }

  tellDefaults();
  guard(function () {
    heedWaiting();
    announce();
  });

  var accordant = {
    allows: allows,
    choices: choices,
    record: record,
    withdraw: function (options) {
      return record({'*': false}, options);
    },
    onchange: function (listener) {
      if (typeof listener === 'function') listeners.push(listener);
      return function () {
        listeners = listeners.filter(function (one) {
          return one !== listener;
        });
      };
    },
    link: link,
    watch: function (manager) {
      guard(function () {
        watchKlaro(manager);
      });
    },
    gpc: gpc
  };
  var begun = guard(begin) || Promise.resolve();
  accordant.ready = begun.catch(function () {
    // Unknown means no.
  }).then(function () {
    return accordant;
  });
  window.accordant = Object.freeze(accordant);

  ['cc:onConsent', 'cc:onChange'].forEach(function (name) {
    window.addEventListener(name, function (event) {
      guard(function () {
        hearVanilla(event);
      });
    });
  });
  document.addEventListener('DOMContentLoaded', findKlaro);
  window.addEventListener('load', findKlaro);
  window.addEventListener('online', flush);
  window.addEventListener('storage', function (event) {
    if (event.key !== PREFIX + 'known') return;
    guard(function () {
      known = readKnown();
      announce();
    });
  });
  findKlaro();
