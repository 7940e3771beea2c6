import { expect, it } from 'vitest'
import { subscriber } from './client-address.ts'

it('counts the addresses of one IPv6 subscriber as one, and IPv4 addresses each', () => {
  const one = ['2001:db8:1:2::1', '2001:0db8:0001:0002:ffff:ffff:ffff:ffff', '2001:DB8:1:2:3::']
  expect(one.map(subscriber)).toEqual(one.map(() => '2001:db8:1:2::/64'))
  expect(subscriber('2001:db8:1:3::1')).toBe('2001:db8:1:3::/64')
  expect(subscriber('2001:db8::1')).toBe('2001:db8:0:0::/64')
  expect(subscriber('::1')).toBe('0:0:0:0::/64')
  expect(subscriber('192.0.2.7')).toBe('192.0.2.7')
  expect(subscriber('::ffff:192.0.2.7')).toBe('192.0.2.7')
  expect(subscriber('unknown')).toBe('unknown')
})
