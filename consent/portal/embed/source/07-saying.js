  // What the page, its banner or the browser says.
  var lastAt = 0;

  function language(asked) {
    var tag = String(asked || document.documentElement.lang || navigator.language || '');
    return /^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8}){0,3}$/.test(tag) ? tag : undefined;
  }

  // Says it: heeds its noes now, and has it recorded. `at`: when it was said, if not now.
  function say(body, options, at) {
    options = options || {};
    var now = Date.now();
    var isOld = at > 0 && at < now - 60000;
    if (!isOld) {
      body.notice = typeof options.notice === 'string' ? options.notice : undefined;
      body.notice_version = typeof options.version === 'number' ? options.version : undefined;
    }
    body.language = language(options.language);
    body.banner = /^[a-z0-9][a-z0-9_-]{0,30}$/.test(options.banner) ? options.banner : undefined;
    if (gpc) body.gpc = true;
    if (options.afterConflict === true) body.after_conflict_notice = true;
    lastAt = isOld ? at : Math.max(now, lastAt + 1);
    var item = {id: hex(), at: lastAt, body: body};
    keep(WAITING + item.id, item);
    heed(body);
    saveKnown();
    announce();
    return flush().then(function () {
      return {
        recorded: has(receipts, item.id),
        receipt: has(receipts, item.id) ? receipts[item.id] : null,
        choices: choices()
      };
    });
  }

  function record(said, options) {
    var result = guard(function () {
      var clean = {};
      Object.keys(isObject(said) ? said : {}).forEach(function (purpose) {
        if (typeof said[purpose] === 'boolean') clean[purpose] = said[purpose];
      });
      return site && Object.keys(clean).length ? say({choices: clean}, options) : undefined;
    });
    return result || Promise.resolve({recorded: false, receipt: null, choices: choices()});
  }

  function link() {
    var address = known.config && known.config.preferences;
    if (typeof address === 'string' && /^https?:\/\//.test(address)) return address;
    return base ? new URL('../privacy/choices/', base).href : '';
  }
