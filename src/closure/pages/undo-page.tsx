import { CardLine } from '../../card/pages/card-line.tsx'
import { PostForm } from '../../web/components/form.tsx'
import { Layout } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import type { ClosureView } from '../closure-view.ts'
import { progressText } from './closure-text.ts'

/** Undo asks once more, because it gives up a place in the queue and a declaration with a date. */
export function UndoPage({ page, view }: { page: Page; view: ClosureView }) {
  const text = progressText[page.lang].undoPage
  const progress = page.href(`/closures/${view.number}`)
  return (
    <Layout page={page} title={text.title} back={progress}>
      <h1>{text.title}</h1>
      <CardLine lang={page.lang} cards={view.cards} />
      <p>{view.cards.length > 0 ? text.words : text.accountWords}</p>
      <PostForm page={page} action={`${progress}/undo`}>
        <div class="actions">
          <button class="button" type="submit">
            {text.confirm}
          </button>
          <a class="button plain" href={progress}>
            {text.keep}
          </a>
        </div>
      </PostForm>
    </Layout>
  )
}
