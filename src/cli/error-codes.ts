/** Every code that a message ends with, and what it means: people search for it. The message itself says what to do
 *  next. */

export const errorCodes: Readonly<Record<string, string>> = {
  'E-USAGE': 'The command line is wrong: an unknown flag, a value that is missing or out of range, two flags that '
    + 'exclude each other.',
  'E-VERB': 'The first word is no verb.', 'E-LIST': '`list` knows no list of this name.',
  'E-EXPLAIN': '`explain` knows nothing of this name.',
  'E-SCOPE': 'No scope has this name.',
  'E-BOUNDS': 'Bounds that are none, outside their range, or of no meaning together.',
  'E-PORT': 'The port that --port names cannot be listened on: another program uses it, or it needs rights.',
  'E-OUT': 'The file that --out names, or the folder of --report, cannot be written.',
  'E-OUT-LATE': 'The file of --out, or the folder of --report, could not be written any more; the report is on '
    + 'stdout.',
  'E-INIT-EXISTS': '`init` overwrites nothing, and something is there.',
  'E-INIT-WRITE': 'The project cannot be written there.',
  'E-MODEL': 'A step of a built-in design failed: please report it.',
  'E-BUG': 'remapcheck itself failed: please report it.',
  'E-IOMMU': 'The design takes its steps on another IOMMU than --iommu names.',
  'E-CALL': 'The design has no such call, or another design is where it is asked.',
  'E-EDIT': 'A design has no such step or call to edit, or the text is no edit.',
  'E-PROFILE': 'A price profile that cannot be read, is none, or lacks a price.',
  'E-COMPOSE': 'A file for `cost compose` that cannot be read, or counts what there is not.',
  'E-BASELINE': 'The baseline of counts cannot be written.',
  'E-CHECKPOINT': 'A checkpoint that cannot be written or read, is damaged, or is of another search.',

  'E-DESIGN': 'No built-in design has this name, or one is named twice.',
  'E-DESIGN-FILE': 'The module of a design does not exist.',
  'E-DESIGN-MODULE': 'A module that cannot be loaded, or that ended the program: a name that is not exported, an error '
    + 'while it ran.',
  'E-DESIGN-EXPORT': 'The module exports no design: not as default, `design`, `designs` or `machine`; or several of '
    + 'these, and none has what the others have.',
  'E-DESIGN-SHAPE': 'What the module exports is no design: a field is missing, misspelt or of another type, or an '
    + 'entry of a protocol is undefined.',
  'E-DESIGN-STEP': 'A step of your design threw, answered something it must not, read or wrote what the state does not '
    + 'have, or left a value outside its domain.',
  'E-CLAIMS-EXPORT': 'The module that --claims names exports no claims, or others as default than as `claims`.',
  'E-CLAIMS-SHAPE': 'What a module exports as its claims is none: properties, or { property, on, witnesses }.',
  'E-MACHINE': 'A machine where a design is needed, or a flag that only designs have a use for.',
  'E-DESIGN-HANGS': 'A module or a step of your design does not return.',
  'E-DESIGN-TYPESCRIPT': 'The module is TypeScript, and neither Node nor a tsx beside it reads that.',

  'E-TRACE-FILE': 'A trace file that cannot be read.', 'E-TRACE-NONE': 'The folder or pattern has no trace file.',
  'E-TRACE-BINARY': 'The file is binary, not text.', 'E-TRACE-EMPTY': 'The trace file is empty.',
  'E-TRACE-SIZE': 'The file is larger than any trace.',
  'E-TRACE-JSON': 'The trace file is not JSON from the place on that the message names.',
  'E-TRACE-TRUNCATED': 'The trace file ends in the middle of its JSON.',
  'E-TRACE-FOREIGN': 'The file is JSON, but no trace.',
  'E-TRACE-NEWER': 'The trace is of a newer version of the format.',
  'E-TRACE-OLDER': 'The trace is of an older version of the format.',
  'E-TRACE-FIELD': 'A field of the trace is missing, unknown or of another type.',
  'E-TRACE-DESIGN': 'The trace is of a design that is not built in: name its module with --design.',
  'E-TRACE-PROPERTY': 'The machine has no property of this name.',
  'E-TRACE-LIVENESS': 'A claim about endless runs, which the ops of this trace cannot decide.',
  'E-TRACE-WRITE': 'A trace cannot be written there.',

  'E-LOG-MISSING': 'The log does not exist.', 'E-LOG-DIRECTORY': 'A folder where a log is needed.',
  'E-LOG-EMPTY': 'The log is empty.', 'E-LOG-UNREADABLE': 'The log cannot be read.',
  'E-LOG-GZIP': 'The log ends in .gz and is no gzip, or is cut short.',
  'E-LOG-BINARY': 'The log is binary, not text.',
  'E-LOG-FOREIGN': 'The log has no line of a format that is known.',
  'E-LOG-MIXED': 'The log has events of two vendors\' units, or the dump is of another vendor\'s unit than the log.',
  'E-LOG-NO-FTRACE': "The file holds no event of the kernel's own trace.",

  'E-DUMP-MISSING': 'The dump does not exist.', 'E-DUMP-DIRECTORY': 'A folder where a dump is needed.',
  'E-DUMP-EMPTY': 'The dump is empty.', 'E-DUMP-UNREADABLE': 'The dump cannot be read.',
  'E-DUMP-REGISTER': 'A register that no audit can do without is missing, or has too many bits.',
  'E-DUMP-SIZE': 'The dump is larger than can be read, or no whole number of pages.',
  'E-DUMP-GZIP': 'The dump is no gzip, or is cut short.', 'E-DUMP-JSON': 'A line of the dump is not JSON.',
  'E-DUMP-FIELD': 'A field of the dump is missing or of another type.',
  'E-DUMP-PAGES': 'A page of the dump is given twice, or is no page.',
  'E-DUMP-ELF': 'The file is ELF, and no core of a machine with memory in it.',
  'E-DUMP-KDUMP': 'The kdump file is of another machine than x86-64, or damaged.',
  'E-DUMP-LIME': 'The LiME image is damaged.', 'E-DUMP-PACKED': 'A page of the kdump file is packed in a way that is '
    + 'not read.',
  'E-DUMP-FOREIGN': 'The file is something else than a dump, or a text without tables.',
  'E-DUMP-ABSENT': 'A dump that leaves no page out was said to leave some out.',
  'E-DUMP-SEVERAL': 'More than one dump of memory where one is needed.',
  'E-DUMP-MIXED': "The dump has registers of two vendors' units, or flags name such.",
  'E-DUMP-UNIT': 'The texts show no unit of the name that --unit gives.',
  'E-DUMP-TRUNCATED': 'The dump ends before its last line.', 'E-DUMP-TOO-LONG': 'A line of the dump is too long.',

  'E-POLICY-FILE': 'The policy cannot be read.', 'E-POLICY-JSON': 'The policy is not JSON.',
  'E-POLICY-TWICE': 'A key stands twice in one object of the policy: the first would be lost.',
  'E-POLICY-FIELD': 'A field of the policy is missing, unknown or of another type.',

  'E-QEMU-MISSING': 'There is no QEMU: set REMAPCHECK_QEMU to its path.',
  'E-QEMU-OLD': 'QEMU is older than 7.2, or than what is asked for.',
  'E-QEMU-UNKNOWN': 'The program does not say which QEMU it is.', 'E-QEMU-START': 'QEMU does not start.',
  'E-QEMU-DIED': 'QEMU ended while it was used.', 'E-QEMU-SILENT': 'QEMU does not answer.',
  'E-QEMU-REFUSED': 'QEMU refused a request.', 'E-QEMU-LONG': 'The trace has more requests than can be done on QEMU.',

  'E-ORACLE-FILE': 'The file of a case cannot be read.', 'E-ORACLE-JSON': 'The file of a case is not JSON.',
  'E-ORACLE-FORMAT': 'The file is no case of the oracle.',
  'E-ORACLE-VERSION': 'The case is of another version of the format.',
  'E-ORACLE-SETUP': 'The case is of a set-up that there is not.',
  'E-ORACLE-CASE': 'What the file holds is no case of its suite.', 'E-ORACLE-SAVE': 'A case cannot be saved there.',
}
