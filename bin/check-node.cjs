// Runs before anything else does, on every Node there is: no syntax and no module that an old one lacks.
'use strict';

var range = require('../package.json').engines.node;
var oldest = range.replace('>=', '');
var needed = oldest.split('.').map(Number);
var version = process.versions.node;
var here = version.split('.').map(Number);

var needs = 'This needs Node '.concat(oldest, ' or later, and runs on Node ', version, '.');

if (here[0] < needed[0] || (here[0] === needed[0] && here[1] < needed[1])) {
  console.error(needs.concat(' Install a later one, such as Node 24.'));
  process.exitCode = 1;
}
