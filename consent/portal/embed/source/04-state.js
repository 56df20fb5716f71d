  // What holds, as the ledger said last. Unknown means no: a yes counts once it is on record, a no at once.
  var FRESH = 600000;
  var STALE = 86400000;
  var gpc = navigator.globalPrivacyControl === true;
  var known = readKnown();

  function readKnown() {
    var found = recall(PREFIX + 'known');
    return clean(isObject(found) ? found : {});
  }

  function list(value) {
    return Array.isArray(value) ? value : [];
  }

  function clean(found) {
    return {
      config: isObject(found.config) ? found.config : null,
      holds: isObject(found.holds) ? found.holds : {},
      told: list(found.told),
      until: found.until || null,
      at: typeof found.at === 'number' ? found.at : 0,
      gpc: found.gpc === true
    };
  }

  function saveKnown() {
    keep(PREFIX + 'known', known);
  }

  function age() {
    var passed = Date.now() - known.at;
    return passed >= 0 ? passed : Infinity;
  }

  function allows(purpose) {
    if (typeof purpose !== 'string' || !has(known.holds, purpose) || known.holds[purpose] !== true) return false;
    if (age() > STALE || (known.until && !(Date.now() < Date.parse(known.until)))) return false;
    var signalled = !known.config || list(known.config.signalled).indexOf(purpose) >= 0;
    return !(gpc && signalled && known.told.indexOf(purpose) < 0);
  }

  function choices() {
    var found = {};
    Object.keys(known.holds).forEach(function (purpose) {
      found[purpose] = allows(purpose);
    });
    return found;
  }

  function deny(purpose) {
    known.holds[purpose] = false;
    known.told = known.told.filter(function (told) {
      return told !== purpose;
    });
  }

  // Heeds the noes of a statement that is not on record yet.
  function heed(body) {
    var config = known.config || {};
    var said = isObject(body.choices) ? body.choices : {};
    var named = isObject(body.categories) ? body.categories : {};
    Object.keys(said).forEach(function (purpose) {
      if (said[purpose] !== false) return;
      if (purpose === '*') list(config.purposes).concat(Object.keys(known.holds)).forEach(deny);
      else deny(purpose);
    });
    Object.keys(named).forEach(function (name) {
      if (named[name] === false && isObject(config.categories)) list(config.categories[name]).forEach(deny);
    });
  }

  function heedWaiting() {
    listWaiting().forEach(function (item) {
      heed(item.body);
    });
  }

  // Takes in what the ledger says holds now.
  function settle(answer) {
    known.holds = answer.holds;
    known.told = list(answer.after_conflict);
    known.until = answer.until || null;
    known.at = Date.now();
    heedWaiting();
    saveKnown();
    announce();
  }
