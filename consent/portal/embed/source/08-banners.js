  // Banners that a site may have: we listen to what they are told, and never speak for them.
  function sayCategories(states, banner, at) {
    if (site && Object.keys(states).length) say({categories: states}, {banner: banner}, at);
  }

  // vanilla-cookieconsent 3 tells on every page what it remembers: what is not new is not said again.
  function hearVanilla(event) {
    var cookie = isObject(event.detail) && isObject(event.detail.cookie) ? event.detail.cookie : {};
    var asked = guard(function () {
      return window.CookieConsent.getUserPreferences();
    }) || {};
    var accepted = list(asked.acceptedCategories || cookie.categories);
    var states = {};
    list(asked.rejectedCategories).concat(configured(accepted)).forEach(function (name) {
      states[name] = false;
    });
    accepted.forEach(function (name) {
      states[name] = true;
    });
    addServices(states, asked.acceptedServices || cookie.services, true);
    addServices(states, asked.rejectedServices, false);
    var at = Date.parse(cookie.lastConsentTimestamp || cookie.consentTimestamp) || 0;
    var heard = JSON.stringify([states, at]);
    if (recall(PREFIX + 'heard') === heard) return;
    sayCategories(states, 'vanilla-cookieconsent', at);
    keep(PREFIX + 'heard', heard);
  }

  function addServices(states, services, accepted) {
    if (!isObject(services)) return;
    Object.keys(services).forEach(function (category) {
      list(services[category]).forEach(function (service) {
        states[category + ':' + service] = accepted;
      });
    });
  }

  // A category of ours that the banner does not call accepted was not.
  function configured(accepted) {
    var categories = known.config && known.config.categories;
    return isObject(categories) ? Object.keys(categories).filter(function (name) {
      return name.indexOf(':') < 0 && accepted.indexOf(name) < 0;
    }) : [];
  }

  var watched = [];

  function isFlag(states) {
    return function (name) {
      return typeof states[name] === 'boolean';
    };
  }

  // Klaro 0.7: what was saved is what somebody decided. Of what it remembers nobody knows since when, so
  // only its noes are taken.
  function watchKlaro(manager) {
    if (!manager || watched.indexOf(manager) >= 0 || typeof manager.watch !== 'function') return;
    watched.push(manager);
    manager.watch({
      update: function (source, name, data) {
        if (name === 'saveConsents') guard(function () {
          hearKlaro(data.consents, false);
        });
      }
    });
    if (manager.confirmed === true) hearKlaro(manager.consents, true);
  }

  function hearKlaro(consents, isOld) {
    if (!isObject(consents)) return;
    var states = {};
    Object.keys(consents).filter(isFlag(consents)).forEach(function (name) {
      if (!isOld || !consents[name]) states[name] = consents[name];
    });
    var heard = JSON.stringify(states);
    if (isOld && recall(PREFIX + 'klaro') === heard) return;
    sayCategories(states, 'klaro');
    keep(PREFIX + 'klaro', heard);
  }

  function findKlaro() {
    guard(function () {
      if (window.klaro && window.klaroConfig) watchKlaro(window.klaro.getManager(window.klaroConfig));
    });
  }
