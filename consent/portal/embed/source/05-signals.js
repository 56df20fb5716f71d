  // Google Consent Mode: everything is denied before any tag can ask; what holds is told after.
  var TYPES = ['ad_storage', 'ad_user_data', 'ad_personalization', 'analytics_storage',
    'functionality_storage', 'personalization_storage', 'security_storage'];
  var told = '';
  var listeners = [];

  window.dataLayer = window.dataLayer || [];
  if (typeof window.gtag !== 'function') {
    window.gtag = function () {
      window.dataLayer.push(arguments);
    };
  }

  function tellDefaults() {
    var denied = {};
    TYPES.forEach(function (type) {
      denied[type] = 'denied';
    });
    denied.wait_for_update = 500;
    window.gtag('consent', 'default', denied);
  }

  function tellSignals() {
    var signals = known.config && known.config.signals;
    if (!isObject(signals) || !Object.keys(known.holds).length) return;
    var found = {};
    TYPES.forEach(function (type) {
      if (has(signals, type)) found[type] = allows(signals[type]) ? 'granted' : 'denied';
    });
    var text = JSON.stringify(found);
    if (text === told || text === '{}') return;
    told = text;
    window.gtag('consent', 'update', found);
  }

  var announced = '';

  function announce() {
    guard(tellSignals);
    var text = JSON.stringify(choices());
    if (text === announced) return;
    announced = text;
    listeners.slice().forEach(function (listener) {
      guard(function () {
        listener(choices());
      });
    });
  }

  function guard(act) {
    try {
      return act();
    } catch (error) {
      return undefined;
    }
  }
