import type { Lang } from '../../web/lang.ts'
import { orderEn, type OrderText } from './order-text-en.ts'
import { orderZh } from './order-text-zh-cn.ts'
import { shopEn, type ShopText } from './shop-text-en.ts'
import { shopZh } from './shop-text-zh-cn.ts'

export const shopText: Record<Lang, ShopText> = { en: shopEn, 'zh-CN': shopZh }
export const orderText: Record<Lang, OrderText> = { en: orderEn, 'zh-CN': orderZh }
