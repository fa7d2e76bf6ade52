/** The example's own test, as part of the whole. */
import '../../examples/plugin-greeter/test/greeter.test.ts';
