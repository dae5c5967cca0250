import { connect } from 'node:net';

/** Called first by a program that would outlive the test which started it: from then on it ends with that test. */
export async function holdOnToTest() {
  const end = () => process.exit(0);
  await new Promise((resolve) => {
    connect(process.env.TEST_LIFELINE).on('connect', resolve).on('error', end).on('close', end).unref();
  });
}
