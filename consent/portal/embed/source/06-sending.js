  // Talking to the ledger. What was said waits here until it is acknowledged: a no is never lost.
  var PATIENCE = 10000;
  var LONGEST_WAIT = 600000;
  var failures = 0;
  var sending = null;
  var timer = 0;
  var receipts = {};

  // Calls, and resolves with the status and the answer; with the status 0 if none came.
  function call(path, body, headers) {
    return new Promise(function (resolve) {
      var controller = typeof AbortController === 'function' ? new AbortController() : null;
      var patience = setTimeout(function () {
        if (controller) controller.abort();
        resolve({status: 0});
      }, PATIENCE);
      var options = {mode: 'cors', credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer'};
      if (controller) options.signal = controller.signal;
      if (body) {
        options.method = 'POST';
        options.keepalive = true;
        options.cache = 'no-store';
        options.body = JSON.stringify(body);
        options.headers = Object.assign({'Content-Type': 'application/json'}, headers);
      }
      fetch(base + 'v1/' + path, options).then(function (response) {
        return response.json().then(function (answer) {
          resolve({status: response.status, answer: answer});
        });
      }).catch(function () {
        resolve({status: 0});
      }).then(function () {
        clearTimeout(patience);
      });
    });
  }

  function isHolding(result) {
    return (result.status === 200 || result.status === 201) && isObject(result.answer) &&
      isObject(result.answer.holds);
  }

  // Sends all that waits, one after the other; what is said meanwhile goes along.
  function flush() {
    if (!site) return Promise.resolve();
    if (!sending) {
      sending = Promise.resolve().then(function () {
        return sendNext({});
      });
    }
    return sending;
  }

  function sendNext(passed) {
    var item = listWaiting().filter(function (one) {
      return !has(passed, one.id);
    })[0];
    if (!item) {
      sending = null;
      return Promise.resolve();
    }
    var body = Object.assign({}, item.body, {
      site: site,
      device: device(),
      seconds_ago: Math.min(Math.max(Math.round((Date.now() - item.at) / 1000), 0), 34560000)
    });
    return call('choices', body, {'Idempotency-Key': item.id}).then(function (result) {
      if (isHolding(result)) {
        acknowledge(item, result.answer);
      } else if (result.status === 410 && !item.again) {
        device(true);
        replace(item, item.body, true);
      } else if ([400, 409, 413, 422].indexOf(result.status) >= 0) {
        passed[item.id] = true;
        refuse(item);
      } else {
        sending = null;
        later();
        return undefined;
      }
      return sendNext(passed);
    }).catch(function () {
      sending = null;
    });
  }

  function acknowledge(item, answer) {
    failures = 0;
    forget(WAITING + item.id);
    receipts[item.id] = typeof answer.receipt === 'string' ? answer.receipt : null;
    if (item.body.gpc) known.gpc = true;
    settle(answer);
  }

  function replace(item, body, again) {
    forget(WAITING + item.id);
    if (body) {
      var id = hex();
      keep(WAITING + id, {id: id, at: item.at, body: body, again: again});
    }
  }

  // What cannot be recorded as it is: its yeses are given up, its noes are kept and tried again.
  function refuse(item) {
    var noes = {};
    var kept = 0;
    ['choices', 'categories'].forEach(function (part) {
      var said = item.body[part] || {};
      Object.keys(said).forEach(function (name) {
        if (said[name] !== false) return;
        noes[part] = noes[part] || {};
        noes[part][name] = false;
        kept += 1;
      });
    });
    if (item.body.gpc) noes.gpc = true;
    if (!kept && !item.body.gpc) replace(item, null);
    else if (JSON.stringify(noes) !== JSON.stringify(item.body)) replace(item, noes);
  }

  function later() {
    failures += 1;
    clearTimeout(timer);
    timer = setTimeout(flush, Math.min(5000 * Math.pow(2, failures - 1), LONGEST_WAIT));
  }
