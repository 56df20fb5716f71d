  // What this browser keeps, in the page's own storage; where there is none, for as long as the page lasts.
  var PREFIX = 'accordant.' + site + '.';
  var WAITING = PREFIX + 'waiting.';
  var memory = Object.create(null);

  function keep(name, value) {
    memory[name] = JSON.stringify(value);
    try {
      window.localStorage.setItem(name, memory[name]);
      delete memory[name];
    } catch (error) {
      // Full, or forbidden: it stays in memory.
    }
  }

  function recall(name) {
    var text = memory[name];
    try {
      if (text === undefined) text = window.localStorage.getItem(name);
      return JSON.parse(text);
    } catch (error) {
      return null;
    }
  }

  function forget(name) {
    delete memory[name];
    try {
      window.localStorage.removeItem(name);
    } catch (error) {
      // There is nothing to forget.
    }
  }

  // Each statement waits under a name of its own: two tabs never overwrite each other's.
  function listWaiting() {
    var names = Object.keys(memory);
    try {
      names = names.concat(Object.keys(window.localStorage));
    } catch (error) {
      // In memory, or nowhere.
    }
    return names.filter(function (name) {
      return name.indexOf(WAITING) === 0;
    }).map(recall).filter(function (item) {
      return isObject(item) && isObject(item.body);
    }).sort(function (one, other) {
      return one.at - other.at;
    });
  }

  // A device gets an id when it has something to say, and not before.
  function device(anew) {
    var id = anew ? null : recall(PREFIX + 'device');
    if (!/^acd_[0-9a-f]{32}$/.test(id)) {
      id = 'acd_' + hex();
      keep(PREFIX + 'device', id);
      id = recall(PREFIX + 'device') || id;
    }
    return id;
  }
