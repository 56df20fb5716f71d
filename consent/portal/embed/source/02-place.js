  // Where we are: which site the page says it is, and where the script came from.
  var script = document.currentScript || document.querySelector('script[data-site][src*="/embed/consent"]');
  var site = (script && script.getAttribute('data-site')) || '';
  var base = '';
  try {
    base = new URL('.', script.src).href;
  } catch (error) {
    site = '';
  }

  function isObject(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  }

  function has(object, name) {
    return Object.prototype.hasOwnProperty.call(object, name);
  }

  function hex() {
    var bytes = window.crypto.getRandomValues(new Uint8Array(16));
    return Array.prototype.map.call(bytes, function (byte) {
      return ('0' + byte.toString(16)).slice(-2);
    }).join('');
  }
